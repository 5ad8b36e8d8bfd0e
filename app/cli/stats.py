"""`spool stats`"""

from collections.abc import Iterator
from contextlib import nullcontext
from typing import Annotated, Any

import typer

from app.cli.options import Every
from app.cli.screen import in_terminal, print_fields, print_json, print_line
from app.cli.service import ApiKey, AsJson, Server, service
from app.client import Figures, Load
from app.domain.playing_time import clock
from app.services.disk import told

Follow = Annotated[bool, typer.Option("--follow", help="Again and again, until Ctrl-C.")]
Count = Annotated[int | None, typer.Option(help="With --follow: so often.", min=1)]


def stats(
    follow: Follow = False,
    every: Every = 1.0,
    count: Count = None,
    as_json: AsJson = False,
    server: Server = None,
    api_key: ApiKey = None,
) -> None:
    """How taking in goes: jobs by status, what is at work, how fast, what wants looking at.

    Rates need two looks: see --follow.
    """
    with service(server, api_key) as spool, _screen(follow and not as_json) as screen:
        for figures in spool.figures(every, count if follow else 1):
            load = spool.processing()
            if as_json:
                (print_line if follow else print_json)({**figures.raw, "load": load.raw})
            elif screen is not None:
                screen.update(_lines(figures, load), refresh=True)
            else:
                print_fields(_fields(figures, load))


def _screen(live: bool) -> Any:
    """One table that changes, where somebody looks at it."""
    if not (live and in_terminal()):
        return nullcontext()
    from rich.live import Live

    return Live(auto_refresh=False)


def _lines(figures: Figures, load: Load) -> Any:
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, show_header=False, pad_edge=False)
    for name, value in _fields(figures, load):
        if value:
            table.add_row(name, Text(value))
    return table


def _fields(figures: Figures, load: Load) -> Iterator[tuple[str, str]]:
    yield "jobs", _counts(figures.jobs)
    yield "key-frames", _counts(figures.frames) if any(figures.frames.values()) else ""
    yield "at work", _counts(figures.in_flight)
    yield "in line", str(figures.queue_depth)
    yield "done", _rate(figures.completed_rate)
    yield "failed", _rate(figures.failed_rate)
    heard = figures.audio_rate
    yield "heard", "" if heard is None else f"{heard:.1f} seconds of sound a second"
    yield "workers", f"{figures.workers.busy} of {figures.workers.total} busy"
    yield "assets", _counts(figures.assets)
    yield "index", _index(figures)
    yield "dead letters", str(figures.dead_letters)
    yield "disk", f"{figures.disk}, {told(figures.disk_free)} free"
    yield "data", told(figures.data_bytes)
    yield "up for", clock(load.system.uptime_seconds)
    for job in load.active_jobs:
        yield "job", f"{job.job_id} {job.current_step} {job.progress}%"
    for alarm in figures.alarms:
        yield "alarm", alarm


def _index(figures: Figures) -> str:
    """How far behind it is, and how large."""
    lag, size = figures.index_lag, figures.index
    if lag is None or size is None:
        return "loading"
    behind = f"{lag} not found as they are" if lag else "level"
    return f"{behind}, {size.rows} rows, {told(size.bytes)}"


def _counts(counts: Any) -> str:
    return ", ".join(f"{count} {name}" for name, count in counts.items())


def _rate(per_second: float | None) -> str:
    return "" if per_second is None else f"{60 * per_second:.1f} a minute"
