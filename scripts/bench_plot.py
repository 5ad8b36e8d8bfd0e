"""Pictures of what was measured, drawn from the JSON that lies in .cache/bench."""

import json
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from statistics import linear_regression
from typing import TYPE_CHECKING, Any

from scripts.bench_report import FOLDER, MiB
from scripts.bench_scale_plot import growth

if TYPE_CHECKING:
    from matplotlib.axes import Axes

OURS, THEIRS = "#1f6f8b", "#c3c9cf"
LINES = ("#1f6f8b", "#d9822b", "#6a994e", "#8e5ea2")
INK, FAINT = "#22272b", "#e4e7ea"
PAPER = {"facecolor": "white", "edgecolor": "none", "pad": 1.5}  # behind words on lines
DOTS = 160  # per inch
#: By its title: what a sample of a soak calls it, and the unit.
HELD = {
    "Memory of the service, MiB": ("memory", MiB),
    "Memory of its workers, MiB": ("workers", MiB),
    "Open descriptors": ("descriptors", 1),
    "Search index, MiB": ("index", MiB),
}


def draw(name: str) -> Path | None:
    """The picture of a measure, if there is one of it."""
    painter = PAINTERS.get(name)
    source = FOLDER / f"{name}.json"
    if painter is None or not source.is_file():
        return None
    painter(json.loads(source.read_text(encoding="utf-8"))["detail"], FOLDER / f"{name}.png")
    return FOLDER / f"{name}.png"


def speeds(detail: Mapping[str, Any], target: Path) -> None:
    """One bar each: seconds of audio per second. A chart for each model."""
    models = detail["models"]
    figure, places = _figure(len(models), width=9.0, height=0.42 * _most(models) + 1.0)
    for axes, (model, found) in zip(places, models.items(), strict=True):
        ordered = sorted(found.items(), key=lambda pair: pair[1]["speed"])
        values = [figures["speed"] for _, figures in ordered]
        colours = [OURS if name.startswith("Spool") else THEIRS for name, _ in ordered]
        names = [f"{name} ({figures['audio']:.0f} s)" for name, figures in ordered]
        bars = axes.barh(names, values, color=colours, height=0.68)
        words = [f"{one['speed']:.1f}x   WER {one['wer']:.1f} %" for _, one in ordered]
        axes.bar_label(bars, words, padding=6, color=INK, fontsize=9, bbox=PAPER)
        axes.set_xlim(0, 1.3 * max(values))
        axes.set_title(f"Whisper {model}", loc="left", color=INK, fontweight="bold")
        _calm(axes, grid="x")
    below = "seconds of audio per second (more is faster); in brackets: how much each heard"
    places[-1].set_xlabel(below, color=INK)
    _save(figure, target)


def memories(detail: Mapping[str, Any], target: Path) -> None:
    """Memory of the service and all workers, over the time that the longest file takes."""
    figure, [axes] = _figure(1, width=9.0, height=4.2)
    for (who, found), colour in zip(detail.items(), LINES * len(detail), strict=False):
        samples = found["whole"]["memory"]
        minutes = [sample["at"] / 60 for sample in samples]
        held = [(sample["own"] + sample["children"]) / MiB for sample in samples]
        axes.plot(minutes, held, color=colour, linewidth=1.6, label=who)
    axes.set_ylim(bottom=0)
    axes.set_xlim(left=0)
    axes.set_title("Memory while one long file is heard", loc="left", color=INK, fontweight="bold")
    axes.set_xlabel("minutes since it was sent", color=INK)
    axes.set_ylabel("MiB, service and workers", color=INK)
    axes.legend(frameon=False, labelcolor=INK, loc="lower right")
    _calm(axes, grid="y")
    _save(figure, target)


def endurance(detail: Mapping[str, Any], target: Path) -> None:
    """Memory, descriptors and index of a service that works for an hour, with the lines that fit
    them best."""
    samples, warm = detail["samples"], detail["warm_after"]
    figure, places = _figure(len(HELD), width=9.0, height=2.6)
    for axes, (title, (name, unit)) in zip(places, HELD.items(), strict=True):
        points = [(each["at"] / 60, each[name] / unit) for each in samples]
        axes.plot(*zip(*points, strict=True), color=OURS, linewidth=1.2)
        counted = [point for point in points if point[0] * 60 >= warm]
        if len(counted) > 1:
            line = linear_regression(*zip(*counted, strict=True))
            ends = counted[0][0], counted[-1][0]
            fitted = [line.intercept + line.slope * at for at in ends]
            axes.plot(ends, fitted, color=LINES[1], linewidth=1.6, linestyle="--")
        axes.set_ylim(bottom=0)
        axes.set_xlim(left=0)
        axes.set_title(title, loc="left", color=INK, fontweight="bold")
        _calm(axes, grid="y")
    places[-1].set_xlabel("minutes", color=INK)
    _save(figure, target)


def _most(models: Mapping[str, Any]) -> int:
    return max(map(len, models.values()))


def _figure(charts: int, *, width: float, height: float) -> tuple[Any, list["Axes"]]:
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    figure, places = pyplot.subplots(
        charts, 1, figsize=(width, height * charts), layout=_room(), squeeze=False
    )
    return figure, [*places[:, 0]]


def _room() -> Any:
    """Some space around each chart."""
    from matplotlib.layout_engine import ConstrainedLayoutEngine

    return ConstrainedLayoutEngine(w_pad=0.15, h_pad=0.12)


def _calm(axes: "Axes", grid: str) -> None:
    """Nothing but the figures and faint lines behind them."""
    for side in ("top", "right", "left", "bottom"):
        axes.spines[side].set_visible(False)
    axes.tick_params(length=0, pad=6, colors=INK, labelsize=9)
    axes.grid(axis="x" if grid == "x" else "y", color=FAINT)
    axes.set_axisbelow(True)


def _save(figure: Any, target: Path) -> None:
    from matplotlib import pyplot

    target.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(target, dpi=DOTS)
    pyplot.close(figure)


PAINTERS: dict[str, Callable[[Mapping[str, Any], Path], None]] = {
    "asr": speeds,
    "long": memories,
    "soak": endurance,
    "scale": growth,
}


if __name__ == "__main__":
    for name in sys.argv[1:] or PAINTERS:
        print(f"bench: {draw(name) or f'nothing measured to draw as {name}'}")
