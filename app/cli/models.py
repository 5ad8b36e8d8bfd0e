"""`spool models`"""

from typing import Annotated

import typer
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from app.bootstrap import model_store
from app.config import load_settings
from app.domain.models import ModelEntry, ModelKind


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
    table = Table("model", "kind", "here", "size", "from", box=None, header_style="bold")
    for entry in store.entries():
        table.add_row(*_row(entry))
    Console().print(table)


def _row(entry: ModelEntry) -> tuple[str, ...]:
    size = f"{entry.size / 1e6:.0f} MB" if entry.size else ""
    here = str(entry.path) if entry.path else "-"
    return entry.name, entry.kind.value, here, size, ", ".join(entry.sources)
