"""`spool share ASSET`"""

import sys
from typing import Annotated

import typer

from app.cli.addresses import full
from app.cli.completing import asset_ids, share_ids
from app.cli.screen import Column, moment, print_json, print_table
from app.cli.service import ApiKey, AsJson, Server, service
from app.client import NewShare, Share
from app.domain.errors import InvalidRequest

DAY = 24 * 60 * 60  # seconds
YEAR = 365  # days: no link lasts longer
COLUMNS = (
    Column(name="link", width=36),
    Column(name="until", width=len("2026-01-01T00:00:00+00:00")),
    Column(name="asset", rest=True),
)

Which = Annotated[
    str | None, typer.Argument(metavar="ASSET", help="Its id.", autocompletion=asset_ids)
]
Days = Annotated[
    float | None, typer.Option(help="How long the link stands; else a week.", min=0, max=YEAR)
]
Listing = Annotated[
    bool, typer.Option("--list", help="List links that stand: of ASSET, or all of them.")
]
Revoke = Annotated[
    str | None,
    typer.Option(help="End a link, as --list shows it.", metavar="ID", autocompletion=share_ids),
]


def share(
    asset: Which = None,
    days: Days = None,
    listing: Listing = False,
    revoke: Revoke = None,
    as_json: AsJson = False,
    server: Server = None,
    api_key: ApiKey = None,
) -> None:
    """Make a link by which others read a transcript without a key, and print it, this once."""
    _one_thing(asset, days, listing, revoke)
    expires_in = None if days is None else _seconds(days)
    with service(server, api_key) as spool:
        if listing:
            _print_list(spool.shares(asset), as_json)
        elif revoke is not None:
            spool.unshare(revoke)
            _tell_revoked(revoke, as_json)
        elif asset is not None:
            _print_new(spool.share(asset, expires_in=expires_in), spool.address, as_json)


def _one_thing(asset: str | None, days: float | None, listing: bool, revoke: str | None) -> None:
    """Nothing is asked of the service when it is not clear what is meant."""
    hint = "spool share ASSET, --list or --revoke ID"
    if listing and revoke is not None:
        raise InvalidRequest("either --list or --revoke", hint=hint)
    if revoke is not None and asset is not None:
        raise InvalidRequest("--revoke names a link, and no asset", hint=hint)
    if days is not None and (listing or revoke is not None):
        raise InvalidRequest("--days is for a new link", hint=hint)
    if not (asset or listing or revoke):
        raise InvalidRequest("name what to share", hint=hint)


def _seconds(days: float) -> int:
    if not days > 0:  # nan, too
        raise typer.BadParameter("a link stands for a while", param_hint="--days")
    return max(1, round(days * DAY))


def _print_new(made: NewShare, address: str, as_json: bool) -> None:
    """The link goes to standard output alone, whole: for whoever it is given to is elsewhere."""
    url = full(address, made.url)
    if as_json:
        print_json({**made.raw, "url": url})
        return
    told = f"opens until {moment(made.expires_at)}, or `spool share --revoke {made.share_id}`"
    print(f"{told}; this is shown once:", file=sys.stderr)
    print(url)


def _print_list(shares: tuple[Share, ...], as_json: bool) -> None:
    if as_json:
        print_json([each.raw for each in shares])
        return
    rows = [(each.share_id, moment(each.expires_at), each.asset_id) for each in shares]
    print_table(COLUMNS, rows, empty="no links")


def _tell_revoked(share_id: str, as_json: bool) -> None:
    if as_json:
        print_json({"share_id": share_id, "state": "revoked"})
    else:
        print(f"{share_id} revoked")
