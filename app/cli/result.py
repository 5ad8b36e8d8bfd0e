"""`spool result JOB`"""

from typing import Annotated

import typer

from app.cli.client import Client


def result(
    job_id: Annotated[str, typer.Argument(help="As `spool ingest` printed it.")],
    form: Annotated[str, typer.Option("--format", help="json, txt, srt, vtt, tsv or lrc.")] = "txt",
    server: Annotated[str | None, typer.Option(help="URL of the service.")] = None,
) -> None:
    """Print a job's transcript; while it runs, the part that is there."""
    print(Client(server).result(job_id, form).rstrip("\n"))
