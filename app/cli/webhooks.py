"""`spool webhooks`"""

from collections.abc import Iterator
from typing import Annotated

import typer

from app.cli.completing import job_ids
from app.cli.nouns import noun
from app.cli.options import Cursor, Limit
from app.cli.screen import Column, moment, plain, print_fields, print_json, print_table
from app.cli.service import ApiKey, AsJson, Server, service
from app.client import Delivery
from app.domain.webhooks import DeliveryState

webhooks = noun("See what webhooks were sent, and send them again.")
COLUMNS = (
    Column(name="delivery", width=36),
    Column(name="state", width=len("delivered")),
    Column(name="tries", width=5, right=True),
    Column(name="to", rest=True),
)

Identity = Annotated[str, typer.Argument(help="As `spool webhooks` shows it.", metavar="DELIVERY")]


@webhooks.command("list")
def list_deliveries(
    job: Annotated[
        str | None, typer.Option(help="Only those of this job.", autocompletion=job_ids)
    ] = None,
    state: Annotated[DeliveryState | None, typer.Option(help="Only those.")] = None,
    limit: Limit = 20,
    cursor: Cursor = None,
    as_json: AsJson = False,
    server: Server = None,
    api_key: ApiKey = None,
) -> None:
    """List deliveries, newest first."""
    with service(server, api_key) as spool:
        page = spool.deliveries(job_id=job, state=state, limit=limit, cursor=cursor)
    if as_json:
        print_json(page.raw)
        return
    rows = [(each.id, each.state, str(each.attempts), _where(each)) for each in page.deliveries]
    print_table(COLUMNS, rows, empty="no deliveries")


@webhooks.command()
def show(
    delivery: Identity, as_json: AsJson = False, server: Server = None, api_key: ApiKey = None
) -> None:
    """Show one delivery with all its tries."""
    with service(server, api_key) as spool:
        found = spool.delivery(delivery)
    if as_json:
        print_json(found.raw)
        return
    print_fields(_fields(found))
    for tried in found.tries:
        how = tried.error or f"answered {tried.status}"
        print(f"{tried.number}. {moment(tried.at)}  {plain(how)}")


@webhooks.command()
def replay(
    delivery: Identity, as_json: AsJson = False, server: Server = None, api_key: ApiKey = None
) -> None:
    """Send it again now, whatever became of it."""
    with service(server, api_key) as spool:
        again = spool.replay_delivery(delivery)
    if as_json:
        print_json(again.raw)
    else:
        print(f"{again.id} {again.state}")


@webhooks.command()
def secret() -> None:
    """Print the secret that receivers verify signatures with; run it where the service runs."""
    from app.adapters.webhook_secret import found_secret
    from app.config import load_settings

    settings = load_settings()
    print(settings.webhooks.secret or found_secret(settings.storage.data_dir))


def _fields(found: Delivery) -> Iterator[tuple[str, str]]:
    yield "delivery", found.id
    yield "job", found.job_id
    yield "event", found.event
    yield "to", found.url
    yield "state", found.state
    yield "next try", moment(found.next_at)
    yield "delivered", moment(found.delivered_at)


def _where(delivery: Delivery) -> str:
    """The URL, and what went wrong with it."""
    error = f": {delivery.last_error}" if delivery.last_error else ""
    return delivery.url + error
