"""`spool cancel`, `spool retry`, `spool delete`: changing the course of jobs by hand."""

import sys
from collections.abc import Callable
from typing import Annotated

import typer

from app.cli.service import ApiKey, Server, service
from app.client import Spool
from app.domain.errors import SpoolError

Jobs = Annotated[list[str], typer.Argument(help="Ids of jobs.", metavar="JOB…")]


def cancel(jobs: Jobs, server: Server = None, api_key: ApiKey = None) -> None:
    """Stop jobs, those that wait and those that run."""
    _each(jobs, service(server, api_key), lambda spool, job_id: spool.cancel(job_id).status)


def retry(jobs: Jobs, server: Server = None, api_key: ApiKey = None) -> None:
    """Run again what failed; what is finished is not computed again."""
    _each(jobs, service(server, api_key), lambda spool, job_id: spool.retry(job_id).status)


def delete(jobs: Jobs, server: Server = None, api_key: ApiKey = None) -> None:
    """Remove jobs, their files, and what is searchable of them."""

    def gone(spool: Spool, job_id: str) -> str:
        spool.delete(job_id)
        return "deleted"

    _each(jobs, service(server, api_key), gone)


def _each(jobs: list[str], spool: Spool, steer: Callable[[Spool, str], str]) -> None:
    """A job that is refused fails the command, but does not keep the others."""
    well = True
    with spool:
        for job_id in jobs:
            try:
                print(f"{job_id} {steer(spool, job_id)}", flush=True)
            except SpoolError as error:
                well = False
                hint = f"\n  {error.hint}" if error.hint else ""
                print(f"spool: {job_id}: {error.message}{hint}", file=sys.stderr)
    if not well:
        raise typer.Exit(1)
