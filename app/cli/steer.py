"""`spool cancel`, `spool retry`, `spool delete`: changing the course of jobs by hand."""

from collections.abc import Callable
from typing import Annotated, Any

import typer

from app.cli.completing import job_ids
from app.cli.screen import print_line
from app.cli.service import ApiKey, AsJson, Server, service
from app.cli.trouble import FAILED, complain_of
from app.client import Job, Refused, Spool

Jobs = Annotated[
    list[str], typer.Argument(help="Ids of jobs.", metavar="JOB…", autocompletion=job_ids)
]


def cancel(
    jobs: Jobs, as_json: AsJson = False, server: Server = None, api_key: ApiKey = None
) -> None:
    """Stop jobs, those that wait and those that run."""
    steered(jobs, service(server, api_key), Spool.cancel, as_json)


def retry(
    jobs: Jobs, as_json: AsJson = False, server: Server = None, api_key: ApiKey = None
) -> None:
    """Run again what failed; what is finished is not computed again."""
    steered(jobs, service(server, api_key), Spool.retry, as_json)


def delete(
    jobs: Jobs, as_json: AsJson = False, server: Server = None, api_key: ApiKey = None
) -> None:
    """Remove jobs, their files, and what is searchable of them."""
    steered(jobs, service(server, api_key), Spool.delete, as_json)


def steered(
    jobs: list[str], spool: Spool, steer: Callable[[Spool, str], Job | None], as_json: bool
) -> None:
    """A job that is refused fails the command, but does not keep the others."""
    well = True
    with spool:
        for job_id in jobs:
            try:
                _tell(job_id, steer(spool, job_id), as_json)
            except Refused as error:
                well = False
                complain_of(error, job_id)
    if not well:
        raise typer.Exit(FAILED)


def _tell(job_id: str, job: Job | None, as_json: bool) -> None:
    status = job.status if job else "deleted"
    if as_json:
        told: Any = job.raw if job else {"job_id": job_id, "status": status}
        print_line(told)
    else:
        print(f"{job_id} {status}", flush=True)
