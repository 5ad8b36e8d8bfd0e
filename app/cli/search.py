"""`spool search TEXT`"""

import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from app.cli.completing import asset_ids
from app.cli.found_moments import print_hits
from app.cli.options import Cursor
from app.cli.screen import in_terminal, parts, print_json
from app.cli.service import ApiKey, AsJson, Server, service
from app.cli.trouble import complain
from app.client.answers import Found
from app.domain.errors import InvalidRequest
from app.domain.media_types import MediaType
from app.domain.search import SearchMode

DATES = ["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M:%S%z"]


def _filter(help: str, *names: str, **more: Any) -> Any:
    return typer.Option(*names, help=help, rich_help_panel="Only what", **more)


Words = Annotated[str | None, typer.Argument(help="In these or other words.", metavar="TEXT")]
Image = Annotated[
    Path | None,
    typer.Option(help="What looks like this picture, with TEXT or without.", dir_okay=False),
]
Type = Annotated[MediaType | None, _filter("is of this kind.")]
Label = Annotated[list[str] | None, _filter("has this label; several times: all of them.")]
Since = Annotated[
    datetime | None,
    _filter("was taken in from then on; UTC unless it says.", "--from", formats=DATES),
]
Until = Annotated[datetime | None, _filter("was taken in until then.", "--to", formats=DATES)]
Single = Annotated[
    bool, typer.Option("--no-group", help="Each moment is a hit of its own, else each medium is.")
]
Asset = Annotated[str | None, _filter("is of this medium.", autocompletion=asset_ids)]


def search(
    text: Words = None,
    image: Image = None,
    mode: Annotated[SearchMode, typer.Option(help="What counts.")] = SearchMode.HYBRID,
    media_type: Type = None,
    label: Label = None,
    since: Since = None,
    until: Until = None,
    asset: Asset = None,
    limit: Annotated[int, typer.Option(help="How many hits.", min=1, max=100)] = 10,
    cursor: Cursor = None,
    no_group: Single = False,
    as_json: AsJson = False,
    server: Server = None,
    api_key: ApiKey = None,
) -> None:
    """Find moments by meaning, by word and by looks, each with a link to it."""
    if text is None and image is None:
        raise InvalidRequest("name what to look for", hint="`spool search TEXT`, or --image FILE")
    with service(server, api_key) as spool:
        found = spool.search(
            text,
            image=_picture(image) if image else None,
            mode=mode,
            media_type=media_type,
            asset_id=asset,
            labels=[each for given in label or () for each in parts(given)],
            since=_zoned(since),
            until=_zoned(until),
            limit=limit,
            cursor=cursor,
            group=False if no_group else None,
        )
        address = spool.address
    if as_json:
        print_json(found.raw)
    else:
        _print(found, address)


def _print(found: Found, address: str) -> None:
    if found.notice:
        complain(found.notice)
    print_hits(found.hits, address)
    if found.cursor and in_terminal():
        print(f"there is more: --cursor {found.cursor}", file=sys.stderr)


def _picture(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise InvalidRequest(f"{file}: {error.strerror}") from error


def _zoned(at: datetime | None) -> datetime | None:
    return at if at is None or at.tzinfo else at.replace(tzinfo=UTC)
