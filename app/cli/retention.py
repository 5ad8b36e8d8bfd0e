"""`spool retention`"""

from typing import Annotated

import typer

from app.cli.screen import Column, moment, print_json, print_table
from app.cli.service import ApiKey, AsJson, Server, service
from app.client import Spool

COLUMNS = (
    Column(name="job", width=36),
    Column(name="ended so"),
    Column(name="at"),
    Column(name="asset", rest=True),
)

Run = Annotated[bool, typer.Option("--run", help="Delete it now.")]


def retention(
    run: Run = False, as_json: AsJson = False, server: Server = None, api_key: ApiKey = None
) -> None:
    """Tell which jobs the service would delete now because their time is over: of each rule the
    first hundred. It does so every hour; with --run at once."""
    with service(server, api_key) as spool:
        if run:
            _let_go(spool, as_json)
        else:
            _tell(spool, as_json)


def _let_go(spool: Spool, as_json: bool) -> None:
    gone = spool.let_go()
    if as_json:
        print_json({"deleted": gone})
    else:
        print(f"{gone} jobs deleted")


def _tell(spool: Spool, as_json: bool) -> None:
    rules = spool.retention()
    if as_json:
        print_json([rule.raw for rule in rules])
        return
    rows = [
        (job.job_id, rule.ending, moment(job.finished_at), job.asset_id)
        for rule in rules
        for job in rule.jobs
    ]
    print_table(COLUMNS, rows, empty="nothing whose time is over")
