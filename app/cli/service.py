"""The service that a command talks to, and what all such commands ask for."""

import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from app.client import Spool

#: Addresses that listen everywhere; one talks to them here.
EVERYWHERE = {"0.0.0.0": "127.0.0.1", "::": "::1"}

Server = Annotated[
    str | None, typer.Option(help="URL of the service; else SPOOL_SERVER.", metavar="URL")
]


def _read(ctx: typer.Context, told: str | None) -> str | None:
    """What stands on a command line all users of the machine can read, in the list of processes."""
    if ctx.resilient_parsing or told is None or not (told == "-" or told.startswith("@")):
        return told
    try:
        text = sys.stdin.readline() if told == "-" else Path(told[1:]).read_text(encoding="utf-8")
    except (OSError, ValueError) as error:
        raise typer.BadParameter(f"no key can be read from {told[1:] or told}") from error
    if not text.strip():
        raise typer.BadParameter("there is no key")
    return text.strip()


ApiKey = Annotated[
    str | None,
    typer.Option(
        help="@FILE, or - for a line of standard input; else SPOOL_API_KEY.",
        metavar="KEY",
        callback=_read,
    ),
]
AsJson = Annotated[bool, typer.Option("--json", help="As JSON, as the service says it.")]


def service(server: str | None, api_key: str | None) -> Spool:
    """As the options say, or the environment, or the settings."""
    return Spool(server or named() or configured(), api_key)


def named() -> str | None:
    """By the environment."""
    return os.environ.get("SPOOL_SERVER")


def configured() -> str:
    """Where a service with the settings of this folder listens."""
    from app.config import load_settings  # heavy: only where nothing names one

    server = load_settings().server
    host = EVERYWHERE.get(server.host, server.host)
    return f"http://[{host}]:{server.port}" if ":" in host else f"http://{host}:{server.port}"
