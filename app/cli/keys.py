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
from app.domain.errors import InvalidRequest
from app.domain.keys import Scope
from app.domain.quotas import MOST_BYTES, MOST_JOBS, Quota

keys = noun("Make, list, edit and revoke API keys.")
#: In place of a number: what the settings say.
USUAL = "usual"
COLUMNS = (
    Column(name="key", width=36),
    Column(name="may"),
    Column(name="state"),
    Column(name="last used", width=len("2026-01-01")),
    Column(name="name", rest=True),
    Column(name="quota"),
)

KeyId = Annotated[str, typer.Argument(help="As `spool keys list` shows it.")]
BOUND, BOUNDS = f"NUMBER|{USUAL}", f"0: any number, {USUAL}: as the settings say"


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
    rows = [
        (key.key_id, ",".join(sorted(key.scopes)), *_state(key), key.name, _quota(key))
        for key in found
    ]
    print_table(COLUMNS, rows, empty="no keys")


@keys.command()
def edit(
    key: KeyId,
    quota_jobs: Annotated[
        str | None, typer.Option(help=f"Most jobs kept for it; {BOUNDS}.", metavar=BOUND)
    ] = None,
    quota_bytes: Annotated[
        str | None, typer.Option(help=f"Most bytes of their media; {BOUNDS}.", metavar=BOUND)
    ] = None,
    as_json: AsJson = False,
    server: Server = None,
    api_key: ApiKey = None,
) -> None:
    """Give a key another quota from now on; what is not named stays as it is."""
    told = {"jobs": (quota_jobs, MOST_JOBS), "bytes": (quota_bytes, MOST_BYTES)}
    changes = {
        name: _bound(name, said, most) for name, (said, most) in told.items() if said is not None
    }
    if not changes:
        raise InvalidRequest("name what changes", hint="spool keys edit --help")
    with desk(server, api_key) as at:
        changed = at.grant(key, changes)
    if as_json:
        print_json(_document(changed))
    else:
        print(f"{changed.key_id} may keep {_kept(changed)}")


@keys.command()
def revoke(
    key: KeyId,
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


def _bound(name: str, said: str, most: int) -> int | None:
    """None: what the settings say."""
    if said == USUAL:
        return None
    digits = said.isascii() and said.isdecimal() and len(said) <= len(str(most))
    if not digits or int(said) > most:
        wanted = f"a number up to {most}, or {USUAL}, and not {said}"
        raise typer.BadParameter(wanted, param_hint=f"--quota-{name}")
    return int(said)


def _kept(key: Shown) -> str:
    bounds = (("jobs", key.quota_jobs), ("bytes", key.quota_bytes))
    return " and ".join(f"{_most(bound)} {of}" for of, bound in bounds)


def _quota(key: Shown) -> str:
    """In a cell: `7 jobs, any bytes`."""
    bounds = {"jobs": key.quota_jobs, "bytes": key.quota_bytes}
    told = [f"{bound or 'any'} {of}" for of, bound in bounds.items() if bound is not None]
    return ", ".join(told) or USUAL


def _most(bound: int | None) -> str:
    return "the usual number of" if bound is None else f"{bound}" if bound else "any number of"


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
