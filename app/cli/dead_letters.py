"""`spool dead-letters`"""

from typing import Annotated

import typer

from app.cli.completing import job_ids
from app.cli.jobs import show
from app.cli.nouns import noun
from app.cli.screen import Column, print_json, print_line, print_table
from app.cli.service import ApiKey, AsJson, Server, service
from app.cli.steer import steered
from app.client import Spool
from app.domain.errors import InvalidRequest

dead_letters = noun("Jobs that used up their retries: list, show, replay.")
COLUMNS = (
    Column(name="job", width=36),
    Column(name="title"),
    Column(name="error", rest=True),
)

Letters = Annotated[
    list[str] | None, typer.Argument(help="Ids of jobs.", metavar="JOB…", autocompletion=job_ids)
]
All = Annotated[bool, typer.Option("--all", help="All of them.")]


@dead_letters.command("list")
def list_letters(as_json: AsJson = False, server: Server = None, api_key: ApiKey = None) -> None:
    """List them, newest first."""
    with service(server, api_key) as spool:
        found = spool.dead_letters()
    if as_json:
        print_json([job.raw for job in found])
        return
    errors = [f"{job.error.code}: {job.error.message}" if job.error else "" for job in found]
    rows = [(job.job_id, job.title, error) for job, error in zip(found, errors, strict=True)]
    print_table(COLUMNS, rows, empty="no dead letters")


@dead_letters.command()
def replay(
    jobs: Letters = None,
    every: All = False,
    as_json: AsJson = False,
    server: Server = None,
    api_key: ApiKey = None,
) -> None:
    """Send them on their way again, with fresh retries."""
    if bool(jobs) == every:
        raise InvalidRequest("name the jobs to replay", hint="or all of them with --all")
    spool = service(server, api_key)
    if jobs:
        steered(jobs, spool, Spool.replay, as_json)
        return
    with spool:
        for job_id in spool.replay_all():
            if as_json:
                print_line({"job_id": job_id, "status": "Pending"})
            else:
                print(f"{job_id} Pending")


dead_letters.command("show")(show)
