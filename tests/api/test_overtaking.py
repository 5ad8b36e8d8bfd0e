"""Two jobs on one asset, by whatever doors they came: what came last is what is found."""

import json
from typing import Any

import httpx2
import pytest

from tests.api.spool import Spool, error, multipart
from tests.unit.workbench import until

pytestmark = pytest.mark.asyncio(loop_scope="module")

ASSETS = "/api/v1/assets"


async def by_assets(spool: Spool, content: bytes, asset_id: str) -> httpx2.Response:
    payload = json.dumps({"assetId": asset_id, "mediaType": "audio"}).encode()
    fields = ("payload", None, payload), ("file", "talk.flac", content)
    body, headers = multipart(*fields)
    return await spool.http.post(ASSETS, content=body, headers=headers)


async def by_ingest(spool: Spool, content: bytes, asset_id: str) -> httpx2.Response:
    query = {"filename": "talk.flac", "asset_id": asset_id}
    return await spool.http.post("/api/v1/ingest", content=content, params=query)


async def by_path(spool: Spool, content: bytes, asset_id: str) -> httpx2.Response:
    (spool.root / "talk.flac").write_bytes(content)
    body = {"path": "talk.flac", "asset_id": asset_id}
    return await spool.http.post("/api/v1/ingest", json=body)


DOORS = {"assets": by_assets, "ingest": by_ingest, "path": by_path}


async def taken_in(spool: Spool, door: str, content: bytes, asset_id: str) -> str:
    answer = await DOORS[door](spool, content, asset_id)
    assert answer.status_code == 202, answer.text
    return str(answer.json()["job_id"])


async def shown(spool: Spool, asset_id: str) -> dict[str, Any]:
    found: dict[str, Any] = (await spool.http.get(f"{ASSETS}/{asset_id}")).json()
    return found


@pytest.mark.parametrize("door", DOORS)
async def test_a_job_ends_one_that_still_hears_what_it_replaces(
    spool: Spool, speech: bytes, quiet: bytes, door: str
) -> None:
    spool.engine.hold.clear()
    earlier = await taken_in(spool, "ingest", speech, f"overtaken-{door}")
    await until(lambda: spool.engine.at_work > 0)
    later = await taken_in(spool, door, quiet, f"overtaken-{door}")
    ended = await spool.job(earlier)
    assert ended["status"] == "Cancelled" and ended["error"]["code"] == "job.superseded"
    assert spool.engine.at_work == 0
    error(await spool.http.get(f"/api/v1/jobs/{earlier}/result"), 409, "job.superseded")
    spool.engine.hold.set()
    await spool.completed(later)
    assert (await shown(spool, f"overtaken-{door}"))["job_id"] == later


async def test_a_later_job_that_fails_costs_nothing_that_was_found_before(
    spool: Spool, speech: bytes
) -> None:
    spool.engine.texts = {0: " The walrus sings."}
    first = await taken_in(spool, "ingest", speech, "stands")
    await spool.completed(first)
    broken = await taken_in(spool, "assets", b"no sound", "stands")
    assert (await spool.ended(broken))["status"] == "Failed"
    query = {"q": "walrus", "mode": "keyword", "asset_id": "stands"}
    assert (await spool.http.get("/api/v1/search", params=query)).json()["hits"]
    assert (await spool.http.get(f"/api/v1/jobs/{first}/result")).status_code == 200
