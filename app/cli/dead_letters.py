"""`spool dead-letters`"""

import json
from collections.abc import Sequence
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape

from app.cli.service import ApiKey, Server, service
from app.client import Attempt, Job
from app.domain.errors import InvalidRequest


def dead_letters(
    job_id: Annotated[
        str | None, typer.Argument(help="Show this one with its whole history.")
    ] = None,
    replay: Annotated[bool, typer.Option(help="Send it on its way again.")] = False,
    replay_all: Annotated[
        bool, typer.Option("--replay-all", help="Send all of them on their way again.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="The service's answer as it is.")] = False,
    server: Server = None,
    api_key: ApiKey = None,
) -> None:
    """Jobs that used up their retries: list, inspect, replay."""
    with service(server, api_key) as spool:
        if replay_all:
            for replayed in spool.replay_all():
                print(f"{replayed} Pending")
        elif replay:
            if job_id is None:
                raise InvalidRequest("name the job to replay", hint="or use --replay-all")
            print(f"{job_id} {spool.replay(job_id).status}")
        elif job_id is not None:
            _show(spool.job(job_id), as_json)
        else:
            _list(spool.dead_letters(), as_json)


def _list(jobs: Sequence[Job], as_json: bool) -> None:
    if as_json:
        print(json.dumps([job.raw for job in jobs], ensure_ascii=False, indent=2))
        return
    if not jobs:
        print("no dead letters")
    for job in jobs:
        print(f"{job.job_id}  {job.title}")
        if job.error is not None:
            print(f"  {job.error.code}: {job.error.message}")


def _how_it_ended(attempt: Attempt) -> str:
    if attempt.error_code is None:
        return "went well" if attempt.ended_at else "under way"
    kind = attempt.error_class or attempt.error_code
    status = attempt.exit_status
    left = "" if status is None else f" (exit status {status})"
    return f"{kind}: {attempt.error_message}{left}"


def _show(job: Job, as_json: bool) -> None:
    if as_json:
        print(json.dumps(job.raw, ensure_ascii=False, indent=2))
        return
    console = Console(highlight=False, soft_wrap=True)
    console.print(f"[bold]{escape(job.title)}[/bold]  {job.job_id}  {job.status}")
    for attempt in job.history:
        began = attempt.started_at.isoformat() if attempt.started_at else ""
        console.print(f"{attempt.number}. {began}  in {attempt.stage}")
        console.print(f"   {escape(_how_it_ended(attempt))}")
        for line in (attempt.last_lines or "").splitlines():
            console.print(f"   | {escape(line)}")
