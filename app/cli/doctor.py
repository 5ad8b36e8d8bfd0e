"""`spool doctor`"""

from functools import partial
from typing import Annotated, Any

import typer

from app.cli.checks import BAD, Check, checks
from app.cli.screen import in_terminal, print_json
from app.cli.service import ApiKey, Server, named
from app.cli.trouble import FAILED
from app.client import Spool
from app.config import load_settings
from app.domain.errors import SpoolError

Fetch = Annotated[bool, typer.Option("--fetch", help="Fetch missing models now.")]
AsJson = Annotated[bool, typer.Option("--json", help="As JSON.")]


def doctor(
    fetch: Fetch = False,
    as_json: AsJson = False,
    server: Server = None,
    api_key: ApiKey = None,
) -> None:
    """Check what the service needs here, and say what to do about what is missing.

    Where --server or SPOOL_SERVER names a service, that one is asked how it is; when it answers,
    its data are there, and none are looked for here. Makes nothing, and fetches only with --fetch.
    """
    settings = load_settings()
    elsewhere = server or named()
    health = _asked(elsewhere, api_key) if elsewhere is not None else None
    data = not isinstance(health, dict)
    every = list(checks(settings, fetch, data=data, port=elsewhere is None))
    if elsewhere is not None and health is not None:
        every.insert(0, ("service", partial(_service, elsewhere, health)))
    found = []
    for name, check in every:
        found.append(_checked(name, check))
        if not as_json:
            _print(found[-1])
    if as_json:
        print_json(found)
    raise typer.Exit(0 if all(each["ok"] for each in found) else FAILED)


def _checked(name: str, check: Check) -> dict[str, Any]:
    try:
        return {"check": name, "ok": True, "said": check(), "hint": None}
    except BAD as error:
        hint = getattr(error, "hint", None)
        return {"check": name, "ok": False, "said": str(error), "hint": hint}


def _print(found: dict[str, Any]) -> None:
    word = "ok " if found["ok"] else "bad"
    if in_terminal():
        from rich.console import Console

        Console().print(word, style="green" if found["ok"] else "red", end="")
    else:
        print(word, end="")
    print(f"  {found['check']}: {found['said']}", flush=True)
    if found["hint"]:
        print(f"     {found['hint']}")


def _asked(address: str, api_key: str | None) -> dict[str, Any] | SpoolError:
    try:
        with Spool(address, api_key) as spool:
            return spool.health()
    except SpoolError as error:
        return error


def _service(address: str, health: dict[str, Any] | SpoolError) -> str:
    if isinstance(health, SpoolError):
        raise health
    states = {str(part): str(state) for part, state in health.get("ready", {}).items()}
    unready = ", ".join(f"{part} {state}" for part, state in states.items() if state != "ready")
    if any(state.startswith("failed") for state in states.values()):
        raise SpoolError(f"{address}: {unready}", hint="its log says more")
    return f"Spool {health.get('version')} at {address}, {unready or 'ready'}"
