"""`spool assets`"""

from collections.abc import Iterator
from typing import Annotated, Any

import typer

from app.cli.addresses import full
from app.cli.completing import asset_ids
from app.cli.nouns import noun
from app.cli.options import Cursor, Kind, Limit
from app.cli.screen import Column, moment, parts, print_fields, print_json, print_line, print_table
from app.cli.service import ApiKey, AsJson, Server, service
from app.cli.trouble import FAILED, complain_of
from app.client import Asset, Refused
from app.client.assets import Changes
from app.domain.errors import InvalidRequest

assets = noun("What can be found: list it (`spool assets`), show one, correct it, delete it.")
COLUMNS = (
    Column(name="asset", width=36),
    Column(name="kind", width=len("keyframe")),
    Column(name="labels"),
    Column(name="title", rest=True),
)

AssetId = Annotated[str, typer.Argument(metavar="ASSET", help="Its id.", autocompletion=asset_ids)]
AssetIds = Annotated[
    list[str], typer.Argument(metavar="ASSET…", help="Their ids.", autocompletion=asset_ids)
]
Parent = Annotated[
    str | None, typer.Option(help="Only key-frames of this video.", autocompletion=asset_ids)
]
Speakers = Annotated[
    list[str] | None,
    typer.Option("--speaker", help="LABEL=NAME; several times.", metavar="LABEL=NAME"),
]


@assets.command("list")
def list_assets(
    media_type: Kind = None,
    parent: Parent = None,
    limit: Limit = 20,
    cursor: Cursor = None,
    as_json: AsJson = False,
    server: Server = None,
    api_key: ApiKey = None,
) -> None:
    """List assets, newest first; key-frames only when asked for."""
    with service(server, api_key) as spool:
        page = spool.assets(media_type=media_type, parent_id=parent, limit=limit, cursor=cursor)
    if as_json:
        print_json(page.raw)
        return
    rows = [
        (each.asset_id, each.media_type, ",".join(each.labels), each.title) for each in page.assets
    ]
    print_table(COLUMNS, rows, empty="no assets")


@assets.command()
def show(
    asset: AssetId, as_json: AsJson = False, server: Server = None, api_key: ApiKey = None
) -> None:
    """Show one."""
    with service(server, api_key) as spool:
        _print(spool.asset(asset), spool.address, as_json)


@assets.command()
def edit(
    asset: AssetId,
    title: Annotated[str | None, typer.Option(help="Its title.")] = None,
    labels: Annotated[str | None, typer.Option(help="Comma-separated; '' for none.")] = None,
    description: Annotated[str | None, typer.Option(help="What it is.")] = None,
    link: Annotated[str | None, typer.Option(help="The page where people find it.")] = None,
    speakers: Speakers = None,
    as_json: AsJson = False,
    server: Server = None,
    api_key: ApiKey = None,
) -> None:
    """Correct what is known of one; what is not named stays as it is."""
    given = {"title": title, "description": description, "link": link}
    changes: dict[str, Any] = {name: said for name, said in given.items() if said is not None}
    if labels is not None:
        changes["labels"] = parts(labels)
    if speakers:
        changes["speakers"] = dict(_named(each) for each in speakers)
    if not changes:
        raise InvalidRequest("name what changes", hint="spool assets edit --help")
    with service(server, api_key) as spool:
        told = Changes(**changes)  # type: ignore[typeddict-item]
        _print(spool.edit_asset(asset, **told), spool.address, as_json)


@assets.command()
def delete(
    assets: AssetIds, as_json: AsJson = False, server: Server = None, api_key: ApiKey = None
) -> None:
    """Remove assets with their jobs, files and moments."""
    well = True
    with service(server, api_key) as spool:
        for asset_id in assets:
            try:
                spool.delete_asset(asset_id)
            except Refused as error:
                well = False
                complain_of(error, asset_id)
            else:
                gone = {"asset_id": asset_id, "status": "deleted"}
                print_line(gone) if as_json else print(f"{asset_id} deleted", flush=True)
    if not well:
        raise typer.Exit(FAILED)


def _named(speaker: str) -> tuple[str, str]:
    label, mark, name = speaker.partition("=")
    if not (label and mark and name):
        raise InvalidRequest(f"--speaker: LABEL=NAME, and not {speaker}")
    return label, name


def _print(asset: Asset, address: str, as_json: bool) -> None:
    if as_json:
        print_json(asset.raw)
    else:
        print_fields(_fields(asset, address))


def _fields(asset: Asset, address: str) -> Iterator[tuple[str, str]]:
    yield "asset", asset.asset_id
    yield "kind", asset.media_type
    yield "title", asset.title
    yield "labels", ", ".join(asset.labels)
    yield "description", asset.description
    yield "speakers", ", ".join(f"{label}={name}" for label, name in asset.speakers.items())
    yield "came", moment(asset.created_at)
    yield "changed", moment(asset.updated_at)
    yield "job", asset.job_id
    yield "status", asset.status if asset.indexed else f"{asset.status}, not found as it is yet"
    yield "text", asset.text
    yield "tags", ", ".join(tag.label for tag in asset.tags)
    yield "page", full(address, asset.url)
    yield "media", full(address, asset.media) if asset.media else ""
