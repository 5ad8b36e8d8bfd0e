"""`spool jobs`"""

import json
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

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
    table = Table(box=None, header_style="bold")
    table.add_column("job", no_wrap=True, min_width=36)  # an id cut short is no use to anybody
    for column in ("title", "status", "done", "error"):
        table.add_column(column, no_wrap=True, overflow="ellipsis")
    for job in page["jobs"]:
        error = job["error"]["message"] if job["error"] else ""
        done = f"{job['progress']:.0%}"
        table.add_row(job["job_id"], job["title"], job["status"], done, error)
    Console().print(table)
