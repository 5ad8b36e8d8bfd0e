"""What assets may be called: what has a name is reached by it."""

import json
from typing import Any

import pytest

from tests.api.spool import INGEST, Spool, error, refused

pytestmark = pytest.mark.asyncio(loop_scope="module")

ASSETS = "/api/v1/assets"
#: Clients drop such dots from an address, and the last is the address of a picture.
NOWHERE = (".", "..", "thumbnail", "docs/thumbnail")


@pytest.mark.parametrize("name", NOWHERE)
async def test_a_name_that_no_address_leads_to_is_refused_at_every_door(
    spool: Spool, quiet: bytes, name: str
) -> None:
    http, payload = spool.http, {"assetId": name, "extra": {"text": "words"}}
    query = {"filename": "quiet.wav", "asset_id": name}
    answers = {
        "assetId": http.post(ASSETS, json=payload),
        "slug": http.post("/sync-content", json={"slug": name, "content": "words"}),
        "asset_id": http.post(INGEST, content=quiet, params=query),
    }
    for named, answer in answers.items():
        assert named in await refused(spool, answer, 422, "request.invalid")


async def test_names_that_only_look_like_those_are_taken(spool: Spool) -> None:
    for name in ("...", "thumbnails", "docs/my-thumbnail", "thumbnail/docs", "a/../b"):
        payload = {"assetId": name, "extra": {"text": "words"}}
        answer = await spool.http.post(ASSETS, json=payload)
        assert answer.status_code == 202, answer.text
        await spool.completed(answer.json()["job_id"])
        assert (await spool.http.get(answer.json()["asset_url"])).json()["asset_id"] == name


def frame(asset_id: str) -> dict[str, Any]:
    extra = {"url": "http://10.0.0.1/x.jpg", "parentId": "x", "at": 1.0}
    return {"assetId": asset_id, "mediaType": "keyframe", "extra": extra}


async def test_a_key_frame_has_the_whole_name_of_its_video_and_is_searched_by_it(
    spool: Spool,
) -> None:
    video = "v" * 200
    name = f"{video}#t=86399.999"
    query = {"q": "words", "mode": "keyword", "asset_id": name}
    page = await spool.http.post(ASSETS, json={"assetId": "page", "extra": {"text": "words"}})
    await spool.completed(page.json()["job_id"])  # by then the index is there
    assert (await spool.http.get("/api/v1/search", params=query)).status_code == 200
    error(await spool.http.post(ASSETS, json=frame(name)), 403, "source.forbidden")
    text = {"assetId": "t" * 201, "extra": {"text": "words"}}
    message = error(await spool.http.post(ASSETS, json=text), 422, "request.invalid")["message"]
    assert "200" in message, json.dumps(message)
