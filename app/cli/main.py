"""`spool`: the command line. Each command is a small file beside this one."""

import sys
from typing import Annotated

import typer

from app import __version__
from app.cli.backfill import backfill
from app.cli.dead_letters import dead_letters
from app.cli.doctor import doctor
from app.cli.engines import engines
from app.cli.ingest import ingest
from app.cli.jobs import jobs
from app.cli.keys import keys
from app.cli.mcp import mcp
from app.cli.models import models
from app.cli.result import result
from app.cli.search import search
from app.cli.serve import serve
from app.cli.steer import cancel, delete, retry
from app.cli.transcribe import transcribe
from app.cli.webhooks import webhooks
from app.domain.errors import SpoolError

cli = typer.Typer(
    help="Takes in media as background jobs and makes all of it searchable.",
    no_args_is_help=True,
    invoke_without_command=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


@cli.callback()
def options(
    version: Annotated[bool, typer.Option("--version", help="Print the version.")] = False,
) -> None:
    if version:
        print(f"spool {__version__}")
        raise typer.Exit


COMMANDS = (
    *(serve, ingest, backfill, transcribe, search),
    *(jobs, result, cancel, retry, delete, dead_letters),
    *(engines, models, doctor, mcp),
)
for command in COMMANDS:
    cli.command()(command)
cli.add_typer(webhooks, name="webhooks")
cli.add_typer(keys, name="keys")


def main() -> None:
    """A planned error is one line and exit status 1; anything else is a fault, and shows itself."""
    try:
        cli()
    except SpoolError as error:
        hint = f"\n  {error.hint}" if error.hint else ""
        print(f"spool: {error.message}{hint}", file=sys.stderr)
        sys.exit(1)
