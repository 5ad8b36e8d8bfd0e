"""`spool retention`"""

from typing import Annotated

import typer

from app.cli import at_rest
from app.cli.screen import Column, moment, print_json, print_none, print_table
from app.cli.service import ApiKey, AsJson, Server, named, service
from app.client import Spool, Unreachable
from app.client.retention import Due

COLUMNS = (
    Column(name="job", width=36),
    Column(name="ended so"),
    Column(name="by the rule for"),
    Column(name="at"),
    Column(name="asset", rest=True),
)

Run = Annotated[bool, typer.Option("--run", help="Delete it now.")]


Orphans = Annotated[bool, typer.Option("--orphans", help="Files that no job needs, and not jobs.")]


def retention(
    run: Run = False,
    orphans: Orphans = False,
    as_json: AsJson = False,
    server: Server = None,
    api_key: ApiKey = None,
) -> None:
    """Tell which jobs the service would delete now because their time is over: of each rule the
    first hundred. It does so ten minutes after its start and then every hour; with --run at once.
    With --orphans the same of files that no job needs, and that are older than a day.

    Where no service runs, the first is told by the database and the settings here.
    """
    if not (run or orphans):
        _tell(_due(server, api_key), as_json)
        return
    with service(server, api_key) as spool:
        if orphans:
            (_remove if run else _tell_orphans)(spool, as_json)
        else:
            _let_go(spool, as_json)


def _due(server: str | None, api_key: str | None) -> tuple[Due, ...]:
    try:
        with service(server, api_key) as spool:
            return spool.retention()
    except Unreachable:
        told = None if server or named() else at_rest.due()
        if told is None:
            raise
        return told


def _remove(spool: Spool, as_json: bool) -> None:
    gone = spool.remove_orphans()
    if as_json:
        print_json({"removed": gone})
    else:
        print(f"{gone} files removed")


def _tell_orphans(spool: Spool, as_json: bool) -> None:
    found = spool.orphans()
    if as_json:
        print_json(found.raw)
        return
    if not found.files:
        print_none("no file that no job needs")
    for name in found.files:
        print(name)
    if found.count > len(found.files):
        print(f"and {found.count - len(found.files)} more")


def _let_go(spool: Spool, as_json: bool) -> None:
    gone = spool.let_go()
    if as_json:
        print_json({"deleted": gone})
    else:
        print(f"{gone} jobs deleted")


def _tell(rules: tuple[Due, ...], as_json: bool) -> None:
    if as_json:
        print_json([rule.raw for rule in rules])
        return
    rows = [
        (job.job_id, rule.ending, _kind(rule), moment(job.finished_at), job.asset_id)
        for rule in rules
        for job in rule.jobs
    ]
    print_table(COLUMNS, rows, empty="nothing whose time is over")


def _kind(rule: Due) -> str:
    return " ".join(part for part in (rule.media_type, rule.label) if part) or "all"
