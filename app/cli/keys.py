"""`spool keys`"""

import sys
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

import typer
from loguru import logger

from app.cli.key_desk import Shown, desk
from app.cli.nouns import noun
from app.cli.screen import Column, print_json, print_table
from app.cli.service import ApiKey, AsJson, Server
from app.domain.keys import Scope
from app.domain.quotas import MOST_BYTES, MOST_JOBS, Quota

keys = noun("Make, list and revoke API keys.")
COLUMNS = (
    Column(name="key", width=36),
    Column(name="may"),
    Column(name="state"),
    Column(name="last used", width=len("2026-01-01")),
    Column(name="name", rest=True),
)


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
    quota_jobs: Annotated[
        int | None,
        typer.Option(help="Most jobs kept for it, 0: any number.", min=0, max=MOST_JOBS),
    ] = None,
    quota_bytes: Annotated[
        int | None,
        typer.Option(help="Most bytes of their media, 0: any number.", min=0, max=MOST_BYTES),
    ] = None,
    as_json: AsJson = False,
    server: Server = None,
    api_key: ApiKey = None,
) -> None:
    """Make a key and print it, this once."""
    expires_at = None if days is None else _in(days)
    quota = Quota(jobs=quota_jobs, bytes=quota_bytes)
    with desk(server, api_key) as at:
        key, secret = at.create(name, frozenset(scope), expires_at, quota)
        where = at.where
    if as_json:
        print_json(_document(key) | {"secret": secret})
        return
    print(f"made for {where}", file=sys.stderr)
    print(f"{key.key_id} may {', '.join(sorted(key.scopes))}; this is shown once:", file=sys.stderr)
    print(secret)


@keys.command("list")
def list_keys(as_json: AsJson = False, server: Server = None, api_key: ApiKey = None) -> None:
    """List keys, newest first; never their secrets."""
    with desk(server, api_key) as at:
        found = at.list()
    if as_json:
        print_json([_document(key) for key in found])
        return
    rows = [(key.key_id, ",".join(sorted(key.scopes)), *_state(key), key.name) for key in found]
    print_table(COLUMNS, rows, empty="no keys")


@keys.command()
def revoke(
    key: Annotated[str, typer.Argument(help="As `spool keys list` shows it.")],
    as_json: AsJson = False,
    server: Server = None,
    api_key: ApiKey = None,
) -> None:
    """Make a key open nothing from now on."""
    with desk(server, api_key) as at:
        at.revoke(key)
    if as_json:
        print_json({"key_id": key, "state": "revoked"})
    else:
        print(f"{key} revoked")


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


def _document(key: Shown) -> dict[str, Any]:
    moments = ("expires_at", "revoked_at", "last_used_at")
    told = {name: getattr(key, name) for name in moments}
    return {
        "key_id": key.key_id,
        "name": key.name,
        "scopes": sorted(key.scopes),
        **{name: at.isoformat() if at else None for name, at in told.items()},
        "quota_jobs": key.quota_jobs,
        "quota_bytes": key.quota_bytes,
    }
