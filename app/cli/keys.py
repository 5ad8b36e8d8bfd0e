"""`spool keys`"""

import sys
from datetime import UTC, datetime, timedelta
from typing import Annotated

import typer
from loguru import logger
from rich.console import Console
from rich.table import Table

from app.cli.key_desk import Shown, desk
from app.cli.service import ApiKey, Server
from app.domain.keys import Scope

keys = typer.Typer(help="Make, list and revoke API keys.")


@keys.callback()
def quiet() -> None:
    """What is done stands on the screen anyway."""
    logger.remove()
    logger.add(sys.stderr, level="WARNING", format="{message}", diagnose=False)


@keys.command()
def create(
    name: Annotated[str, typer.Option(help="For people: who or what uses it.")],
    scope: Annotated[
        list[Scope], typer.Option(help="read, ingest or admin (everything); several times.")
    ],
    days: Annotated[
        float | None, typer.Option(help="How long it stands; else until revoked.", min=0)
    ] = None,
    server: Server = None,
    api_key: ApiKey = None,
) -> None:
    """Make a key and print it, this once."""
    expires_at = None if days is None else _in(days)
    with desk(server, api_key) as at:
        key, secret = at.create(name, frozenset(scope), expires_at)
        where = at.where
    print(f"made for {where}", file=sys.stderr)
    print(f"{key.key_id} may {', '.join(sorted(key.scopes))}; this is shown once:", file=sys.stderr)
    print(secret)


@keys.command("list")
def list_keys(server: Server = None, api_key: ApiKey = None) -> None:
    """List keys, newest first; never their secrets."""
    table = Table(box=None, header_style="bold", expand=True)
    table.add_column("key", width=36)  # an id cut short is no use to anybody
    table.add_column("may", no_wrap=True)
    table.add_column("state", no_wrap=True)
    table.add_column("last used", width=len("2026-01-01"))
    table.add_column("name", no_wrap=True, overflow="ellipsis", ratio=1)
    with desk(server, api_key) as at:
        for key in at.list():
            table.add_row(key.key_id, ",".join(sorted(key.scopes)), *_state(key), key.name)
    Console().print(table, markup=False)


@keys.command()
def revoke(
    key: Annotated[str, typer.Argument(help="As `spool keys list` shows it.")],
    server: Server = None,
    api_key: ApiKey = None,
) -> None:
    """Make a key open nothing from now on."""
    with desk(server, api_key) as at:
        at.revoke(key)
    print(f"{key} is revoked")


def _in(days: float) -> datetime:
    try:
        return datetime.now(UTC) + timedelta(days=days)
    except OverflowError as error:
        raise typer.BadParameter("so long lasts nothing", param_hint="--days") from error


def _state(key: Shown) -> tuple[str, str]:
    """Whether it stands, and the day when it was last used."""
    used = f"{key.last_used_at:%Y-%m-%d}" if key.last_used_at else "never"
    if key.revoked_at is not None:
        return "revoked", used
    if key.expires_at is None:
        return "stands", used
    return ("expired" if key.expires_at <= datetime.now(UTC) else f"to {key.expires_at:%F}"), used
