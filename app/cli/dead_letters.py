"""`spool dead-letters`"""

import json
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape

from app.cli.client import Client
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
    server: Annotated[str | None, typer.Option(help="URL of the service.")] = None,
) -> None:
    """Jobs that used up their retries: list, inspect, replay."""
    client = Client(server)
    if replay_all:
        for replayed in client.replay_all():
            print(f"{replayed} Pending")
    elif replay:
        if job_id is None:
            raise InvalidRequest("name the job to replay", hint="or use --replay-all")
        print(f"{job_id} {client.replay(job_id)['status']}")
    elif job_id is not None:
        _show(client.job(job_id), as_json)
    else:
        _list(list(client.dead_letters()), as_json)


def _list(jobs: list[dict[str, Any]], as_json: bool) -> None:
    if as_json:
        print(json.dumps(jobs, ensure_ascii=False, indent=2))
        return
    if not jobs:
        print("no dead letters")
    for job in jobs:
        print(f"{job['job_id']}  {job['title']}")
        print(f"  {job['error']['code']}: {job['error']['message']}")


def _how_it_ended(attempt: dict[str, Any]) -> str:
    if attempt["error_code"] is None:
        return "went well" if attempt["ended_at"] else "under way"
    kind = attempt["error_class"] or attempt["error_code"]
    status = attempt["exit_status"]
    left = "" if status is None else f" (exit status {status})"
    return f"{kind}: {attempt['error_message']}{left}"


def _show(job: dict[str, Any], as_json: bool) -> None:
    if as_json:
        print(json.dumps(job, ensure_ascii=False, indent=2))
        return
    console = Console(highlight=False, soft_wrap=True)
    console.print(f"[bold]{escape(job['title'])}[/bold]  {job['job_id']}  {job['status']}")
    for attempt in job["history"]:
        console.print(f"{attempt['number']}. {attempt['started_at']}  in {attempt['stage']}")
        console.print(f"   {escape(_how_it_ended(attempt))}")
        for line in (attempt["last_lines"] or "").splitlines():
            console.print(f"   | {escape(line)}")
