"""`spool search TEXT`"""

import json
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.text import Text

from app.cli.client import Client


def search(
    text: Annotated[str, typer.Argument(help="What was said, in these or other words.")],
    mode: Annotated[str, typer.Option(help="hybrid, semantic or keyword.")] = "hybrid",
    limit: Annotated[int, typer.Option(help="How many hits.")] = 10,
    as_json: Annotated[bool, typer.Option("--json", help="The service's answer as it is.")] = False,
    server: Annotated[str | None, typer.Option(help="URL of the service.")] = None,
) -> None:
    """Find moments by meaning and by word."""
    client = Client(server)
    answer = client.search({"q": text, "mode": mode, "limit": str(limit)})
    if as_json:
        print(json.dumps(answer, ensure_ascii=False, indent=2))
        return
    console = Console(highlight=False)
    if answer["notice"]:
        Console(stderr=True).print(answer["notice"], style="yellow", markup=False)
    for hit in answer["hits"]:
        console.print(_line(hit))
    if not answer["hits"]:
        console.print("nothing found")


def _line(hit: dict[str, Any]) -> Text:
    line = Text()
    line.append(f"{clock(hit['start'])}-{clock(hit['end'])} ", style="cyan")
    line.append(hit["title"], style="bold")
    line.append(f"  ({', '.join(hit['why'])})\n  {hit['text']}\n")
    line.append(f"  {hit['asset_id']} at {hit['start']:g} s", style="dim")
    return line


def clock(seconds: float) -> str:
    """3725.4 -> 1:02:05"""
    minutes, whole = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{whole:02}" if hours else f"{minutes}:{whole:02}"
