"""The picture of `scripts/bench scale`: fleets, waits and searches."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.axes import Axes

COLOURS = ("#1f6f8b", "#d9822b", "#6a994e", "#8e5ea2", "#b23a48")
INK, FAINT = "#22272b", "#e4e7ea"
DOTS = 160  # per inch


def growth(detail: Mapping[str, Any], target: Path) -> None:
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot
    from matplotlib.layout_engine import ConstrainedLayoutEngine

    room = ConstrainedLayoutEngine(w_pad=0.15, h_pad=0.15)
    figure, places = pyplot.subplots(2, 2, figsize=(13.0, 9.0), layout=room)
    workers = detail["workers"]
    _fleets(places[0, 0], workers, detail["clips"], 1.0, "Clips of 15 s, a second")
    _fleets(places[0, 1], workers, detail["hours"], 3600.0, "Hours of speech, an hour")
    places[0, 1].legend(frameon=False, labelcolor=INK, fontsize=8, loc="upper left")
    _waits(places[1, 0], detail["loads"], detail["waits"])
    _search(places[1, 1], detail["rows"], detail["search"])
    target.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(target, dpi=DOTS)
    pyplot.close(figure)


def _fleets(axes: "Axes", workers: Any, fleets: Any, times: float, title: str) -> None:
    """Lines: at most; dots: simulated."""
    for (name, found), colour in zip(fleets.items(), COLOURS, strict=False):
        axes.plot(workers, [each * times for each in found["most"]], color=colour, label=name)
        simulated = zip(workers, found["simulated"], strict=True)
        dots = [(at, run * times) for at, run in simulated if run]
        if dots:
            axes.plot(*zip(*dots, strict=True), "o", color=colour, markersize=5)
    _calm(axes, title, "workers (lines: at most; dots: simulated)")
    axes.set_xscale("log")
    axes.set_yscale("log")


def _waits(axes: "Axes", loads: Any, fleets: Any) -> None:
    for (name, found), colour in zip(fleets.items(), COLOURS, strict=False):
        busy = [100 * load for load in loads]
        axes.plot(busy, found["median"], color=colour, label=name)
        axes.plot(busy, found["slowest"], color=colour, linestyle="--")
    _calm(axes, "Seconds until a clip can be found", "% busy (median; dashed: 99 of 100)")
    axes.set_yscale("log")
    axes.legend(frameon=False, labelcolor=INK, fontsize=8, loc="upper left")


def _search(axes: "Axes", rows: Any, shards: Any) -> None:
    for (number, found), colour in zip(shards.items(), COLOURS, strict=False):
        axes.plot(rows, found, color=colour, label=f"{int(number):,} of them")
    _calm(axes, "Seconds of a search, by tables of the index", "moments (measured up to 1,000,000)")
    axes.axvspan(rows[0], 1e6, color=FAINT, alpha=0.6, zorder=0)
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.legend(frameon=False, labelcolor=INK, fontsize=8, loc="upper left")


def _calm(axes: "Axes", title: str, below: str) -> None:
    for side in ("top", "right", "left", "bottom"):
        axes.spines[side].set_visible(False)
    axes.tick_params(which="both", length=0, pad=6, colors=INK, labelsize=9)
    axes.grid(color=FAINT)
    axes.set_axisbelow(True)
    axes.set_title(title, loc="left", color=INK, fontweight="bold")
    axes.set_xlabel(below, color=INK)
