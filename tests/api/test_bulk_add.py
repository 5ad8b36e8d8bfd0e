"""Records straight into the index, and the index itself, over HTTP."""

import asyncio
import base64
import json
from array import array
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from app.services.records import MOST_BYTES
from tests.api.spool import Spool, error, multipart

pytestmark = pytest.mark.asyncio(loop_scope="module")

ADD, BUILD, SEARCH = "/bulk-add", "/build-index", "/api/v1/search"
LINES = {"Content-Type": "application/x-ndjson"}
JSON = {"Content-Type": "application/json"}


def axis(number: int) -> list[float]:
    return [1.0 if place == number else 0.0 for place in range(384)]


async def added(spool: Spool, *records: dict[str, Any]) -> dict[str, Any]:
    answer = await spool.http.post(ADD, json={"records": list(records)})
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def found(spool: Spool, text: str, **query: str) -> list[dict[str, Any]]:
    query = {"mode": "keyword", "group": "false", **query}
    answer = await spool.http.get(SEARCH, params={"q": text, **query})
    assert answer.status_code == 200, answer.text
    hits: list[dict[str, Any]] = answer.json()["hits"]
    return hits


async def test_records_are_found_as_they_were_told(open_spool: Spool) -> None:
    record = {
        "id": "bulk-1",
        "asset_id": "talk",
        "parent_id": "conference",
        "media_type": "video",
        "title": "A talk",
        "text": "the zeppelin lands",
        "start": 3.5,
        "end": 5,
        "labels": ["old"],
        "created_at": 1_700_000_000_000,
        "vector": axis(0),
    }
    assert await added(open_spool, record) == {"added": 1, "removed": 0, "without_vector": 0}
    [hit] = await found(open_spool, "zeppelin", labels="old", to="2023-12-01T00:00:00Z")
    assert (hit["asset_id"], hit["title"], hit["start"], hit["end"]) == ("talk", "A talk", 3.5, 5)
    assert hit["url"] == "/watch/bulk-1"
    assert (await added(open_spool, record | {"text": "the airship lands"}))["added"] == 1
    assert await found(open_spool, "zeppelin") == []
    [hit] = await found(open_spool, "airship")
    gone = await added(open_spool, {"id": "bulk-1", "deleted": True})
    assert gone == {"added": 0, "removed": 1, "without_vector": 0}
    assert await found(open_spool, "airship") == []


async def test_a_vector_may_come_in_base64_and_is_searched_by(open_spool: Spool) -> None:
    [near] = await open_spool.doors.search._embedder.embed(["a carnivorous plant"])
    packed = base64.b64encode(array("f", near).tobytes()).decode()
    link = "https://example.org/plants"
    record = {"id": "bulk-2", "text": "Dionaea", "vector": packed, "link": link, "anchor": "a"}
    assert (await added(open_spool, record))["without_vector"] == 0
    hits = await found(open_spool, "a carnivorous plant", mode="semantic")
    assert (hits[0]["text"], hits[0]["url"]) == ("Dionaea", f"{link}#a")


def drawn(path: Path, *colours: str, size: tuple[int, int] = (320, 240)) -> bytes:
    """Stripes; returns the file's bytes."""
    from PIL import Image

    picture = Image.new("RGB", size)
    wide = size[0] // len(colours)
    for number, colour in enumerate(colours):
        picture.paste(colour, (number * wide, 0, (number + 1) * wide, size[1]))
    picture.save(path)
    return path.read_bytes()


async def test_a_picture_finds_what_looks_like_it(open_spool: Spool, tmp_path: Path) -> None:
    eyes, darkroom = open_spool.doors.search._eyes, open_spool.doors.search._darkroom
    assert eyes is not None and darkroom is not None
    stripes, plain = tmp_path / "stripes.png", tmp_path / "plain.png"
    drawn(stripes, "red", "white", "red", "white", "red")
    drawn(plain, "navy")
    for path in (stripes, plain):
        with closing(await darkroom.develop(path)) as bitmap:
            seen = (await eyes.see(bitmap)).vector
        record = {"id": path.stem, "media_type": "image", "text": path.stem, "visual": list(seen)}
        await added(open_spool, record)
    query = drawn(tmp_path / "query.png", "red", "white", "red", "white", "red", size=(640, 480))
    body, headers = multipart(("image", "query.png", query), ("limit", None, b"1"))
    answer = await open_spool.http.post(SEARCH, content=body, headers=headers)
    assert answer.status_code == 200, answer.text
    [hit] = answer.json()["hits"]
    assert (hit["asset_id"], hit["why"]) == ("stripes", ["visual"])
    document = {"image": base64.b64encode(query).decode(), "q": "plain", "media_type": "image"}
    hits = (await open_spool.http.post(SEARCH, json=document)).json()["hits"]
    assert {hit["asset_id"]: "visual" in hit["why"] for hit in hits}["stripes"] is True
    assert "keyword" in next(hit["why"] for hit in hits if hit["asset_id"] == "plain")
    broken = {"image": base64.b64encode(b"no picture at all").decode()}
    error(await open_spool.http.post(SEARCH, json=broken), 422, "media.unreadable")


async def test_a_record_a_line_is_taken_too(open_spool: Spool) -> None:
    lines = "\n".join(json.dumps({"id": f"line-{n}", "text": f"lined{n}"}) for n in range(300))
    answer = await open_spool.http.post(ADD, content=f"{lines}\n\n", headers=LINES)
    assert answer.json() == {"added": 300, "removed": 0, "without_vector": 300}
    assert [hit["title"] for hit in await found(open_spool, "lined299")] == ["line-299"]


async def test_of_one_id_the_last_line_counts(open_spool: Spool) -> None:
    feed = [
        {"id": "fed-1", "deleted": True},
        {"id": "fed-1", "text": "feedwordone"},
        {"id": "fed-2", "text": "feedwordtwo"},
        {"id": "fed-2", "deleted": True},
    ]
    content = "\n".join(map(json.dumps, feed))
    answer = await open_spool.http.post(ADD, content=content, headers=LINES)
    assert answer.json() == {"added": 1, "removed": 0, "without_vector": 1}
    assert [hit["title"] for hit in await found(open_spool, "feedwordone")] == ["fed-1"]
    assert await found(open_spool, "feedwordtwo") == []


async def test_ten_thousand_are_taken_and_one_more_is_not(open_spool: Spool) -> None:
    records = [{"id": f"many-{n}", "text": "multitude"} for n in range(10_000)]
    assert (await added(open_spool, *records))["added"] == 10_000
    assert len(await found(open_spool, "multitude", limit="100")) == 100
    answer = await open_spool.http.post(ADD, json={"records": [*records, {"id": "x"}]})
    assert "10000 at most" in error(answer, 422, "request.invalid")["message"]


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ('{"records": []}', "there are none"),
        ('{"records": [{}]}', "records.0.id"),
        ('{"records": [{"id": "a"}, {"id": ""}]}', "records.1.id"),
        ('{"records": [{"id": "a", "colour": 1}]}', "records.0.colour"),
        ('{"records": [{"id": "a", "text": 5}]}', "records.0.text"),
        ('{"records": [{"id": "a", "start": -1}]}', "records.0.start"),
        ('{"records": [{"id": "a", "start": NaN}]}', "records.0.start"),
        ('{"records": [{"id": "a", "end": false}]}', "records.0.end"),
        ('{"records": [{"id": "a", "link": "//evil.example"}]}', "records.0.link"),
        ('{"records": [{"id": "a", "link": "javascript:alert(1)"}]}', "records.0.link"),
        ('{"records": [{"id": "a", "vector": [1, 2]}]}', "384"),
        ('{"records": [{"id": "a", "vector": "AAAA"}]}', "records.0.vector"),
        ('{"records": [{"id": "a", "vector": "no base"}]}', "records.0.vector: Base64 of"),
        ('{"records": [{"id": "a", "vector": [NaN]}]}', "records.0.vector"),
        ('{"records": [{"id": "a", "vector": [0, 0]}]}', "points nowhere"),
        ('{"records": [{"id": "a", "vector": [1e300]}]}', "records.0"),
        ('{"records": [{"id": "a", "vector": [1e39]}]}', "points nowhere"),
        ('{"records": [{"id": "a", "vector": [1e-50]}]}', "points nowhere"),
        ('{"records": [{"id": "a", "vector": [1e-30, 0]}]}', "points nowhere"),
        ('{"records": [{"id": "a", "visual": [1e30]}]}', "points nowhere"),
        ('{"records": [{"id": "a", "deleted": 1}]}', "records.0.deleted"),
        ('{"records": [{"id": "a", "deleted": 0}]}', "records.0.deleted"),
        ('{"records": [{"id": "a", "text": "b", "deleted": true}]}', "records.0.text"),
        ('{"records": [5]}', "records.0"),
        ('{"records": [{"id": "a"}', "not JSON"),
        ('{"records": [{"id": "a"}], "more": 1}', "not JSON"),
        ('{"records": [{"id": "a"},]}', "not JSON"),
        ('{"records": [' + "[" * 100_000, "not JSON"),
        ("[]", "records"),
        ("{}", "records"),
        ("", "records"),
    ],
    ids=lambda value: value[:50],
)
async def test_what_is_wrong_is_named_and_nothing_is_added(
    open_spool: Spool, body: str, told: str
) -> None:
    before = await open_spool.doors.records.store.count()
    answer = await open_spool.http.post(ADD, content=body, headers=JSON)
    assert told in error(answer, 422, "request.invalid")["message"]
    assert await open_spool.doors.records.store.count() == before


@pytest.mark.parametrize(
    ("content", "headers"),
    [
        (b"\xff", JSON),
        (b"{}\nx", LINES),
        (b"", LINES),
        (b'{"records": []}', {"Content-Type": "text/plain"}),
    ],
)
async def test_a_body_of_another_kind_is_refused(
    open_spool: Spool, content: bytes, headers: dict[str, str]
) -> None:
    error(await open_spool.http.post(ADD, content=content, headers=headers), 422)


async def test_the_index_is_built_while_it_goes_on_answering(open_spool: Spool) -> None:
    await added(open_spool, {"id": "built", "text": "masonry"})
    answer = await open_spool.http.post(BUILD)
    assert answer.status_code in (200, 202)
    assert len(await found(open_spool, "masonry")) == 1
    answer = await open_spool.http.post(BUILD, params={"wait": 120})
    assert answer.status_code == 200, answer.text
    state = answer.json()
    assert (state["state"], state["error"], state["unindexed"]) == ("ready", None, 0)
    assert state["rows"] > 0 and state["bytes"] > 0 and state["vector_indexes"] == []
    shown = (await open_spool.http.get(BUILD)).json()
    assert shown["rows"] == state["rows"] and shown["renewing"] is False
    assert len(await found(open_spool, "masonry")) == 1
    error(await open_spool.http.post(BUILD, params={"wait": -1}), 422)


async def test_few_records_do_not_wait_behind_large_bodies_that_come_slowly(
    open_spool: Spool,
) -> None:
    async with asyncio.timeout(60), open_spool.doors.records.bodies.held(MOST_BYTES):
        assert (await added(open_spool, {"id": "little", "text": "haste"}))["added"] == 1
