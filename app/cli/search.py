"""`spool search TEXT`"""

import json
from typing import Annotated

import typer
from rich.console import Console
from rich.text import Text

from app.cli.service import ApiKey, Server, service
from app.client import Hit


def search(
    text: Annotated[str, typer.Argument(help="What was said, in these or other words.")],
    mode: Annotated[str, typer.Option(help="hybrid, semantic or keyword.")] = "hybrid",
    limit: Annotated[int, typer.Option(help="How many hits.")] = 10,
    as_json: Annotated[bool, typer.Option("--json", help="The service's answer as it is.")] = False,
    server: Server = None,
    api_key: ApiKey = None,
) -> None:
    """Find moments by meaning and by word."""
    with service(server, api_key) as spool:
        found = spool.search(text, mode=mode, limit=limit)
    if as_json:
        print(json.dumps(found.raw, ensure_ascii=False, indent=2))
        return
    console = Console(highlight=False)
    if found.notice:
        Console(stderr=True).print(found.notice, style="yellow", markup=False)
    for hit in found.hits:
        console.print(_line(hit))
    if not found.hits:
        console.print("nothing found")


def _line(hit: Hit) -> Text:
    line = Text()
    line.append(f"{clock(hit.start)}-{clock(hit.end)} ", style="cyan")
    line.append(hit.title, style="bold")
    line.append(f"  ({', '.join(hit.why)})\n  {hit.text}\n")
    for each in hit.moments:
        line.append(f"  {clock(each.start)} ", style="cyan")
        line.append(f"{each.text}\n")
    line.append(f"  {hit.asset_id} at {hit.start:g} s", style="dim")
    return line


def clock(seconds: float) -> str:
    """3725.4 -> 1:02:05"""
    minutes, whole = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{whole:02}" if hours else f"{minutes}:{whole:02}"
