"""`spool result JOB`"""

from typing import Annotated

import typer

from app.cli.service import ApiKey, Server, service


def result(
    job_id: Annotated[str, typer.Argument(help="As `spool ingest` printed it.")],
    form: Annotated[str, typer.Option("--format", help="json, txt, srt, vtt, tsv or lrc.")] = "txt",
    server: Server = None,
    api_key: ApiKey = None,
) -> None:
    """Print a job's transcript; while it runs, the part that is there."""
    with service(server, api_key) as spool:
        print(spool.result_as(job_id, form).rstrip("\n"))
