"""`spool webhooks`"""

import json
from collections.abc import Mapping
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from app.adapters.webhook_secret import found_secret
from app.cli.service import ApiKey, Server, service
from app.client import Delivery
from app.config import load_settings

webhooks = typer.Typer(help="See what webhooks were sent, and send them again.")

Identity = Annotated[str, typer.Argument(help="As `spool webhooks list` shows it.")]


@webhooks.command("list")
def list_deliveries(
    job: Annotated[str | None, typer.Option(help="Only those of this job.")] = None,
    state: Annotated[
        str | None, typer.Option(help="pending, delivered, failed or disabled.")
    ] = None,
    limit: Annotated[int, typer.Option(help="How many, newest first.")] = 20,
    as_json: Annotated[bool, typer.Option("--json", help="The service's answer as it is.")] = False,
    server: Server = None,
    api_key: ApiKey = None,
) -> None:
    """List deliveries."""
    with service(server, api_key) as spool:
        page = spool.deliveries(job_id=job, state=state, limit=limit)
    if as_json:
        _print(page.raw)
        return
    table = Table(box=None, header_style="bold", expand=True)
    table.add_column("delivery", width=36)  # an id cut short is no use to anybody
    table.add_column("state", width=len("delivered"))
    table.add_column("tries", width=5, justify="right")
    table.add_column("to", no_wrap=True, overflow="ellipsis", ratio=1)
    for each in page.deliveries:
        table.add_row(each.id, each.state, str(each.attempts), _where(each))
    Console().print(table)


@webhooks.command()
def show(delivery: Identity, server: Server = None, api_key: ApiKey = None) -> None:
    """Show one delivery with all its tries, as JSON."""
    with service(server, api_key) as spool:
        _print(spool.delivery(delivery).raw)


@webhooks.command()
def replay(delivery: Identity, server: Server = None, api_key: ApiKey = None) -> None:
    """Send it again now, whatever became of it."""
    with service(server, api_key) as spool:
        again = spool.replay_delivery(delivery)
    print(f"{again.id} is {again.state}")


@webhooks.command()
def secret() -> None:
    """Print the secret that receivers verify signatures with; run it where the service runs."""
    settings = load_settings()
    print(settings.webhooks.secret or found_secret(settings.storage.data_dir))


def _where(delivery: Delivery) -> Text:
    """The URL, and what went wrong with it."""
    error = f": {delivery.last_error}" if delivery.last_error else ""
    return Text(delivery.url + error)


def _print(answer: Mapping[str, Any]) -> None:
    print(json.dumps(answer, ensure_ascii=False, indent=2))
