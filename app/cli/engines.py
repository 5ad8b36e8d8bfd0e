"""`spool engines`"""

from typing import Annotated

import typer

from app.cli.nouns import noun
from app.cli.screen import Column, in_terminal, print_json, print_table
from app.cli.service import ApiKey, AsJson, Server, service
from app.client import Engines

engines = noun("List engines (`spool engines`), or choose what new jobs get.")
COLUMNS = (
    Column(name="provider"),
    Column(name="model"),
    Column(name="state"),
    Column(name="jobs", right=True),
)


@engines.command("list")
def list_engines(as_json: AsJson = False, server: Server = None, api_key: ApiKey = None) -> None:
    """List those that are loaded, the default one, and what jobs may name."""
    with service(server, api_key) as spool:
        found = spool.engines()
    if as_json:
        print_json(found.raw)
        return
    print_table(COLUMNS, _rows(found))
    if not in_terminal():
        return
    for provider in found.providers:
        models = ", ".join(provider.models) or "whatever the endpoint has"
        print(f"{provider.provider}: {models}")


@engines.command()
def use(
    provider: Annotated[str, typer.Argument(help="faster_whisper, whisper_cpp or openai.")],
    model: Annotated[str, typer.Argument(help="As `spool models` lists it.")],
    as_json: AsJson = False,
    server: Server = None,
    api_key: ApiKey = None,
) -> None:
    """Choose what new jobs get from now on; jobs that run keep theirs."""
    with service(server, api_key) as spool:
        found = spool.set_engine(provider, model)
    if as_json:
        print_json(found.raw)
    else:
        print(f"{found.default.provider} {found.default.model}")


def _rows(found: Engines) -> list[tuple[str, str, str, str]]:
    default = (found.default.provider, found.default.model)
    rows = [
        (each.provider, each.model, "default" if named == default else "loaded", str(each.leases))
        for each in found.loaded
        for named in [(each.provider, each.model)]
    ]
    if default not in [(provider, model) for provider, model, _, _ in rows]:
        rows.append((*default, f"default, {found.state}", "0"))
    return rows
