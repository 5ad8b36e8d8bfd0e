"""`spool cancel`, `spool retry`, `spool delete`: changing the course of jobs by hand."""

import sys
from collections.abc import Callable
from typing import Annotated

import typer

from app.cli.client import Client
from app.domain.errors import SpoolError

Jobs = Annotated[list[str], typer.Argument(help="Ids of jobs.", metavar="JOB…")]
Server = Annotated[str | None, typer.Option(help="URL of the service.")]


def cancel(jobs: Jobs, server: Server = None) -> None:
    """Stop jobs, those that wait and those that run."""
    client = Client(server)
    _each(jobs, lambda job_id: str(client.cancel(job_id)["status"]))


def retry(jobs: Jobs, server: Server = None) -> None:
    """Run again what failed; what is finished is not computed again."""
    client = Client(server)
    _each(jobs, lambda job_id: str(client.retry(job_id)["status"]))


def delete(jobs: Jobs, server: Server = None) -> None:
    """Remove jobs, their files, and what is searchable of them."""
    client = Client(server)

    def gone(job_id: str) -> str:
        client.delete(job_id)
        return "deleted"

    _each(jobs, gone)


def _each(jobs: list[str], steer: Callable[[str], str]) -> None:
    """A job that is refused fails the command, but does not keep the others."""
    well = True
    for job_id in jobs:
        try:
            print(f"{job_id} {steer(job_id)}", flush=True)
        except SpoolError as error:
            well = False
            hint = f"\n  {error.hint}" if error.hint else ""
            print(f"spool: {job_id}: {error.message}{hint}", file=sys.stderr)
    if not well:
        raise typer.Exit(1)
