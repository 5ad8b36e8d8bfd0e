"""`spool`: the command line. Each command is a small file beside this one, see `commands.py`."""

import os
import sys
from collections.abc import Sequence
from typing import Annotated

import typer
from typer.exceptions import TyperException

from app import __version__
from app.cli.front import Front
from app.cli.trouble import FAILED, WRONG_USAGE, complain, complain_of, status_of, unread
from app.domain.errors import SpoolError

NAME = "spool"
#: Set by what `spool completion` prints.
COMPLETING = "_SPOOL_COMPLETE"

cli = typer.Typer(
    cls=Front,
    help="Takes in media as background jobs and makes all of it searchable.",
    invoke_without_command=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


@cli.callback()
def options(
    ctx: typer.Context,
    version: Annotated[bool, typer.Option("--version", help="Print the version.")] = False,
) -> None:
    if version:
        print(f"spool {__version__}")
        raise typer.Exit
    if ctx.invoked_subcommand is None:
        print(ctx.get_help(), file=sys.stderr)
        raise typer.Exit(WRONG_USAGE)


def main() -> None:
    """A planned error is one line and a hint; anything else is a fault, and shows itself.

    Exit status: see `trouble.py`, and the guide.
    """
    status = run()
    unread()
    sys.exit(status)


def run(words: Sequence[str] | None = None) -> int:
    """The exit status of `spool WORD…`; without `words`, of this process's own."""
    if COMPLETING in os.environ:
        from typer._completion_classes import completion_init

        completion_init()
    try:
        status = cli(args=words, prog_name=NAME, standalone_mode=False)
    except SpoolError as error:
        complain_of(error)
        return status_of(error)
    except TyperException as error:
        return _misused(error)
    except typer.Abort:
        return FAILED
    return status if isinstance(status, int) else 0


def _misused(error: TyperException) -> int:
    where = getattr(error, "ctx", None)
    hint = f"{where.command_path} --help" if where is not None else None
    complain(error.format_message().replace(": Value error, ", ": ", 1), hint)
    return error.exit_code
