"""`spool models`"""

from collections.abc import Sequence
from typing import Annotated, Any

import typer

from app.bootstrap.engines import choice
from app.bootstrap.models import WHISPER_KINDS, model_store
from app.cli.screen import Column, in_terminal, print_json, print_table
from app.config import load_settings
from app.domain.models import LocatedModel, ModelEntry, ModelKind, ModelSource

COLUMNS = (
    Column(name="model"),
    Column(name="kind"),
    Column(name="here"),
    Column(name="size", right=True),
    Column(name="from"),
)

Fetch = Annotated[
    str | None, typer.Option(help="Fetch this model of the configured engine now: tiny.en.")
]
AsJson = Annotated[bool, typer.Option("--json", help="As JSON.")]


def models(fetch: Fetch = None, as_json: AsJson = False) -> None:
    """List model weights: those here, and those to be had. Needs no service."""
    if fetch is not None:
        found = _fetched(fetch)
        if as_json:
            print_json({"model": fetch, "path": str(found.path), "source": found.source})
        else:
            print(f"{found.path} ({found.source})")
        return
    entries = model_store(load_settings()).entries()
    if as_json:
        print_json([_document(entry) for entry in entries])
    elif in_terminal():
        _print(entries)
    else:
        print_table(COLUMNS, map(_row, entries))


def _fetched(name: str) -> LocatedModel:
    from rich.progress import BarColumn, TextColumn

    from app.cli.progress import progress

    settings = load_settings()
    kind = WHISPER_KINDS.get(choice(settings).provider, ModelKind.WHISPER_CT2)
    with progress(TextColumn("{task.description}"), BarColumn()) as bars:
        bar = bars.add_task(f"fetching {name}", total=1.0)
        return model_store(settings).find(name, kind, lambda done: bars.update(bar, completed=done))


def _print(entries: Sequence[ModelEntry]) -> None:
    """A line for each that is here, in a wheel, or made of what is here; one for the hub's."""
    distant = [e for e in entries if e.path is None and e.sources == (ModelSource.HUB,)]
    print_table(COLUMNS, [_row(entry) for entry in entries if entry not in distant])
    for kind in ModelKind:
        if names := ", ".join(entry.name for entry in distant if entry.kind is kind):
            print(f"From the hub, {kind}: {names}")
    if folders := sorted({str(entry.path.parent) for entry in entries if entry.path}):
        print("Here is:", ", ".join(folders))


def _row(entry: ModelEntry) -> tuple[str, ...]:
    size = f"{entry.size / 1e6:.0f} MB" if entry.size else ""
    here = entry.path.name if entry.path else "-"
    return entry.name, entry.kind.value, here, size, ", ".join(entry.sources)


def _document(entry: ModelEntry) -> dict[str, Any]:
    return {
        "model": entry.name,
        "kind": entry.kind,
        "path": str(entry.path) if entry.path else None,
        "bytes": entry.size or None,
        "sources": list(entry.sources),
    }
