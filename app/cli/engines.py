"""`spool engines`"""

from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from app.cli.service import ApiKey, Server, service
from app.client import Engines
from app.domain.errors import InvalidRequest

HINT = "`spool engines`, or `spool engines use PROVIDER MODEL`"


def engines(
    words: Annotated[
        list[str] | None,
        typer.Argument(metavar="[use PROVIDER MODEL]", help="What new jobs get from now on."),
    ] = None,
    server: Server = None,
    api_key: ApiKey = None,
) -> None:
    """List engines, or change the default one."""
    with service(server, api_key) as spool:
        match words or []:
            case []:
                _print(spool.engines())
            case ["use", provider, model]:
                chosen = spool.set_engine(provider, model).default
                print(f"{chosen.provider} {chosen.model}")
            case _:
                raise InvalidRequest("engines: this is not understood", hint=HINT)


def _print(found: Engines) -> None:
    table = Table(box=None, header_style="bold")
    for name in ("provider", "model", "", "jobs"):
        table.add_column(name)
    default = (found.default.provider, found.default.model)
    for each in found.loaded:
        mark = "default" if (each.provider, each.model) == default else "loaded"
        table.add_row(each.provider, each.model, mark, str(each.leases))
    if default not in [(each.provider, each.model) for each in found.loaded]:
        table.add_row(*default, f"default, {found.state}", "0")
    console = Console(soft_wrap=True, highlight=False)
    console.print(table)
    for provider in found.providers:
        models = ", ".join(provider.models) or "whatever the endpoint has"
        console.print(f"{provider.provider}: {models}", markup=False)
