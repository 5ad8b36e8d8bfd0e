"""How assets are shown to clients."""

from collections.abc import Container, Sequence
from dataclasses import asdict
from typing import Any
from urllib.parse import quote

from app.domain.assets import Asset
from app.domain.jobs import Job
from app.domain.media_types import SPOKEN, MediaType, in_seconds
from app.domain.result import segment_row
from app.domain.transcript import Segment
from app.services.assets import AssetState, AssetStates
from app.web import schemas


def address(asset_id: str) -> str:
    return f"/api/v1/assets/{quote(asset_id, safe='')}"


def page_of(asset: Asset) -> str:
    """Where people find it: a key-frame in its video."""
    if asset.link:
        return asset.link
    page = f"/watch/{quote(asset.parent_id or asset.asset_id, safe='')}"
    return page if asset.at is None else f"{page}?t={in_seconds(asset.at)}"


def ticket(job: Job) -> dict[str, Any]:
    told = {"asset_id": job.asset_id, "asset_url": address(job.asset_id)}
    return schemas.ticket(job) | told


def page_view(page: AssetStates) -> dict[str, Any]:
    return {"assets": [listed(state) for state in page.states], "cursor": page.cursor}


def shown(state: AssetState) -> dict[str, Any]:
    asset, picture = state.asset, state.asset.picture
    return listed(state) | {
        "text": picture.text if picture else asset.text,
        "tags": [asdict(tag) for tag in picture.tags] if picture else [],
        "metadata": dict(asset.metadata),
        "speakers": dict(asset.speakers),
    }


def corrected(
    state: AssetState, said: Sequence[Segment], numbers: Container[int]
) -> dict[str, Any]:
    """With those passages of what is `said` in it."""
    rows = [segment_row(number, each) for number, each in enumerate(said) if number in numbers]
    return shown(state) | {"segments": rows}


def listed(state: AssetState) -> dict[str, Any]:
    asset, picture = state.asset, state.asset.picture
    return {
        "asset_id": asset.asset_id,
        "media_type": asset.media_type,
        "title": asset.title,
        "labels": list(asset.labels),
        "description": asset.description,
        "link": asset.link or None,
        "parent_id": asset.parent_id,
        "at": asset.at,
        "width": picture.width if picture else None,
        "height": picture.height if picture else None,
        "created_at": asset.created_at.isoformat(),
        "updated_at": asset.updated_at.isoformat(),
        "revision": asset.revision if state.kept else 0,
        "indexed": state.indexed,
        "job_id": state.job.job_id,
        "found_by": asset.job_id if state.kept else None,
        "status": schemas.status_name(state.job),
        "url": page_of(asset),
        "thumbnail": f"{address(asset.asset_id)}/thumbnail" if picture else None,
        "media": None if asset.media_type is MediaType.TEXT else of_player("media", asset),
        "waveform": of_player("waveforms", asset) if asset.media_type in SPOKEN else None,
    }


def of_player(what: str, asset: Asset) -> str:
    """Address of its `media` or `waveforms`."""
    return f"/api/v1/{what}/{quote(asset.asset_id, safe='')}"
