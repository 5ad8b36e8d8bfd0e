"""`spool models`"""

from collections.abc import Sequence
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import Progress
from rich.table import Column, Table

from app.bootstrap.engines import choice
from app.bootstrap.models import WHISPER_KINDS, model_store
from app.config import load_settings
from app.domain.models import ModelEntry, ModelKind, ModelSource


def models(
    fetch: Annotated[
        str | None, typer.Option(help="Fetch this model of the configured engine now: tiny.en.")
    ] = None,
) -> None:
    """List model weights: those here, and those to be had."""
    settings = load_settings()
    store = model_store(settings)
    if fetch is not None:
        with Progress(console=Console(stderr=True)) as bars:
            bar = bars.add_task(f"fetching {fetch}", total=1.0)
            kind = WHISPER_KINDS.get(choice(settings).provider, ModelKind.WHISPER_CT2)
            found = store.find(fetch, kind, lambda done: bars.update(bar, completed=done))
        print(f"{found.path} ({found.source})")
        return
    _print(store.entries())


def _print(entries: Sequence[ModelEntry]) -> None:
    """A line for each that is here, in a wheel, or made of what is here; one for the hub's."""
    console = Console(soft_wrap=True, highlight=False)
    distant = [e for e in entries if e.path is None and e.sources == (ModelSource.HUB,)]
    columns = [Column(name, no_wrap=True) for name in ("model", "kind", "here", "size")]
    table = Table(*columns, "from", box=None, header_style="bold")
    for entry in entries:
        if entry not in distant:
            table.add_row(*_row(entry))
    console.print(table)
    for kind in ModelKind:
        if names := ", ".join(entry.name for entry in distant if entry.kind is kind):
            console.print(f"From the hub, {kind}:", names)
    if folders := sorted({str(entry.path.parent) for entry in entries if entry.path}):
        console.print("Here is:", ", ".join(folders))


def _row(entry: ModelEntry) -> tuple[str, ...]:
    size = f"{entry.size / 1e6:.0f} MB" if entry.size else ""
    here = entry.path.name if entry.path else "-"
    return entry.name, entry.kind.value, here, size, ", ".join(entry.sources)
