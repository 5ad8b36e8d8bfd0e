"""`spool jobs`: a list, one job, or what `spool cancel`, `retry` and `delete` do."""

from typing import Annotated

import typer

from app.cli.completing import job_ids
from app.cli.hints import found_by
from app.cli.job_sheet import print_job
from app.cli.nouns import noun
from app.cli.options import Cursor, Kind, Limit
from app.cli.screen import Column, print_json, print_table
from app.cli.service import ApiKey, AsJson, Server, service
from app.cli.steer import cancel, delete, retry
from app.client import Job
from app.domain.jobs import JobStatus

jobs = noun("List jobs (`spool jobs`), show one (`spool jobs JOB`), change the course of some.")
COLUMNS = (
    Column(name="job", width=36),
    Column(name="status", width=len("MediaExtraction")),
    Column(name="done", width=4, right=True),
    Column(name="title", rest=True),
)
LISTED = "`spool jobs` lists them"

Status = Annotated[JobStatus | None, typer.Option(help="Only those.")]
Sha256 = Annotated[str | None, typer.Option(help="Only those on these bytes, in hex.")]
JobId = Annotated[str, typer.Argument(metavar="JOB", help="Its id.", autocompletion=job_ids)]


@jobs.command("list")
def list_jobs(
    status: Status = None,
    media_type: Kind = None,
    sha256: Sha256 = None,
    limit: Limit = 20,
    cursor: Cursor = None,
    as_json: AsJson = False,
    server: Server = None,
    api_key: ApiKey = None,
) -> None:
    """List jobs, newest first; those on key-frames only when asked for. `--json` tells the cursor
    of the next page, too."""
    with service(server, api_key) as spool:
        page = spool.jobs(
            status=status, media_type=media_type, sha256=sha256, limit=limit, cursor=cursor
        )
    if as_json:
        print_json(page.raw)
        return
    rows = [(job.job_id, job.status, f"{job.progress:.0%}", _what(job)) for job in page.jobs]
    print_table(COLUMNS, rows, empty="no jobs")


@jobs.command()
def show(
    job: JobId, as_json: AsJson = False, server: Server = None, api_key: ApiKey = None
) -> None:
    """Show one job with its attempts."""
    with service(server, api_key) as spool:
        with found_by(LISTED):
            found = spool.job(job)
    if as_json:
        print_json(found.raw)
    else:
        print_job(found)


for command in (cancel, retry, delete):
    jobs.command()(command)


def _what(job: Job) -> str:
    """The title, and what went wrong with it."""
    title = job.asset_title or job.title
    return f"{title}: {job.error.message}" if job.error else title
