"""`spool jobs`: a list, one job, or what `spool cancel`, `retry` and `delete` do."""

import json
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from app.cli.service import ApiKey, Server, service
from app.cli.steer import cancel, delete, retry
from app.client import Job, Spool
from app.domain.errors import InvalidRequest

STEERING = {"cancel": cancel, "retry": retry, "delete": delete}
HINT = "`spool jobs JOB`, or `spool jobs retry JOB…`, or so with cancel and delete"


def jobs(
    words: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[cancel|retry|delete] JOB",
            help="One job is shown as JSON; after one of these words it is done to all.",
        ),
    ] = None,
    status: Annotated[
        str | None, typer.Option(help="pending, running, completed, failed or cancelled.")
    ] = None,
    limit: Annotated[int, typer.Option(help="How many, newest first.")] = 20,
    as_json: Annotated[bool, typer.Option("--json", help="The service's answer as it is.")] = False,
    server: Server = None,
    api_key: ApiKey = None,
) -> None:
    """List jobs, show one, or change the course of some."""
    match words or []:
        case []:
            _list(service(server, api_key), status, limit, as_json)
        case [verb, *job_ids] if verb in STEERING:
            if not job_ids:
                raise InvalidRequest(f"name the jobs to {verb}", hint=HINT)
            STEERING[verb](job_ids, server, api_key)
        case [job_id]:
            with service(server, api_key) as spool:
                print(json.dumps(spool.job(job_id).raw, ensure_ascii=False, indent=2))
        case [verb, *_]:
            raise InvalidRequest(f"{verb}: this cannot be done to jobs", hint=HINT)


def _list(spool: Spool, status: str | None, limit: int, as_json: bool) -> None:
    with spool:
        page = spool.jobs(status=status, limit=limit)
    if as_json:
        print(json.dumps(page.raw, ensure_ascii=False, indent=2))
        return
    table = Table(box=None, header_style="bold", expand=True)
    table.add_column("job", width=36)  # an id cut short is no use to anybody
    table.add_column("status", width=len("MediaExtraction"))
    table.add_column("done", width=4)
    table.add_column("title", no_wrap=True, overflow="ellipsis", ratio=1)
    for job in page.jobs:
        table.add_row(job.job_id, job.status, f"{job.progress:.0%}", _what(job))
    Console().print(table)


def _what(job: Job) -> Text:
    """The title, and what went wrong with it."""
    error = f": {job.error.message}" if job.error else ""
    return Text(job.title + error)  # as it is: a title may look like markup
