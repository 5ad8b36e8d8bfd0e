"""`spool jobs`"""

import json
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from app.cli.client import Client


def jobs(
    job_id: Annotated[str | None, typer.Argument(help="Show this one as JSON.")] = None,
    status: Annotated[
        str | None, typer.Option(help="pending, running, completed, failed or cancelled.")
    ] = None,
    limit: Annotated[int, typer.Option(help="How many, newest first.")] = 20,
    as_json: Annotated[bool, typer.Option("--json", help="The service's answer as it is.")] = False,
    server: Annotated[str | None, typer.Option(help="URL of the service.")] = None,
) -> None:
    """List jobs, or show one."""
    client = Client(server)
    if job_id is not None:
        print(json.dumps(client.job(job_id), ensure_ascii=False, indent=2))
        return
    page = client.jobs({"limit": str(limit)} | ({"status": status} if status else {}))
    if as_json:
        print(json.dumps(page, ensure_ascii=False, indent=2))
        return
    table = Table(box=None, header_style="bold", expand=True)
    table.add_column("job", width=36)  # an id cut short is no use to anybody
    table.add_column("status", width=len("MediaExtraction"))
    table.add_column("done", width=4)
    table.add_column("title", no_wrap=True, overflow="ellipsis", ratio=1)
    for job in page["jobs"]:
        table.add_row(job["job_id"], job["status"], f"{job['progress']:.0%}", _what(job))
    Console().print(table)


def _what(job: dict[str, Any]) -> Text:
    """The title, and what went wrong with it."""
    error = f": {job['error']['message']}" if job["error"] else ""
    return Text(job["title"] + error)  # as it is: a title may look like markup
