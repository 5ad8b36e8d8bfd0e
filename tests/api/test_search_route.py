"""Search over HTTP: real vectors, real full text, moments that can be played."""

from typing import Any

import httpx2
import pytest
import pytest_asyncio

from app.domain.media_types import in_seconds
from tests.api.spool import Spool, error, multipart

pytestmark = pytest.mark.asyncio(loop_scope="module")

SEARCH = "/api/v1/search"
ASSETS = {"speech-1": "physics,2020", "speech-2": "history"}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def filled(open_spool: Spool, speech: bytes) -> Spool:
    open_spool.engine.texts = {
        0: " Ask what you can do for your country.",
        1: " The weather in the mountains is cold.",
        2: " We choose to go to the moon.",
    }
    for asset, labels in ASSETS.items():
        name = "talk.mp4" if asset == "speech-1" else "talk.flac"
        job_id = await open_spool.take_in(speech, name, asset_id=asset, labels=labels, title=asset)
        job = await open_spool.completed(job_id)
        assert job["warnings"] == []
    return open_spool


async def search(spool: Spool, **query: str | int) -> dict[str, Any]:
    answer = await spool.http.get(SEARCH, params=query)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    assert found.keys() == {"hits", "mode", "notice", "cursor"}
    return found


async def test_a_hit_can_be_played(filled: Spool) -> None:
    found = await search(filled, q="ask what you can do for your country", asset_id="speech-1")
    assert len(found["hits"]) == 1  # all else that was found of the talk is in it
    hit = found["hits"][0]
    assert hit.keys() == {
        "asset_id",
        "parent_id",
        "media_type",
        "title",
        "text",
        "snippet",
        "start",
        "end",
        "score",
        "why",
        "url",
        "thumbnail",
        "moments",
        "more",
    }
    assert (hit["asset_id"], hit["title"], hit["media_type"]) == ("speech-1", "speech-1", "video")
    assert hit["text"] == "Ask what you can do for your country."
    assert (
        hit["snippet"]
        == "<mark>Ask</mark> what you <mark>can</mark> do for your <mark>country</mark>."
    )
    assert 0 <= hit["start"] < hit["end"] < 15
    assert hit["url"] == f"/watch/speech-1?t={in_seconds(hit['start'])}"
    assert set(hit["why"]) == {"semantic", "keyword"} and hit["score"] > 0
    assert (found["mode"], found["notice"]) == ("hybrid", None)


async def test_meaning_finds_what_words_do_not(filled: Spool) -> None:
    question = "duty to the nation"
    by_meaning = await search(filled, q=question, mode="semantic")
    assert by_meaning["hits"][0]["text"] == "Ask what you can do for your country."
    assert by_meaning["hits"][0]["why"] == ["semantic"]
    by_word = await search(filled, q="nation", mode="keyword")
    assert by_word["hits"] == []


async def test_words_find_what_was_said(filled: Spool) -> None:
    found = await search(filled, q="moon", mode="keyword")
    assert {hit["text"] for hit in found["hits"]} == {"We choose to go to the moon."}
    assert {hit["asset_id"] for hit in found["hits"]} == set(ASSETS)
    assert all(hit["why"] == ["keyword"] for hit in found["hits"])


async def test_filters_narrow_what_is_found(filled: Spool) -> None:
    async def assets(**query: str) -> set[str]:
        found = await search(filled, q="moon", mode="keyword", **query)
        return {hit["asset_id"] for hit in found["hits"]}

    assert await assets() == {"speech-1", "speech-2"}
    assert await assets(asset_id="speech-2") == {"speech-2"}
    assert await assets(media_type="video") == {"speech-1"}
    assert await assets(media_type="audio") == {"speech-2"}
    assert await assets(media_type="image") == set()
    assert await assets(labels="physics") == {"speech-1"}
    assert await assets(labels="physics,2020") == {"speech-1"}
    assert await assets(labels="physics,history") == set()
    assert await assets(asset_id="' OR 1=1 --") == set()
    assert await assets(labels="x' OR 'a'='a") == set()


async def test_only_what_was_taken_in_then_is_found(filled: Spool) -> None:
    jobs = (await filled.http.get("/api/v1/jobs")).json()["jobs"]
    first, second = sorted(jobs, key=lambda job: str(job["created_at"]))
    query = {"q": "weather", "mode": "keyword"}

    def assets(found: dict[str, Any]) -> set[str]:
        return {hit["asset_id"] for hit in found["hits"]}

    assert assets(await search(filled, **query, to=second["created_at"])) == set(ASSETS)
    assert assets(await search(filled, **query, **{"from": "2100-01-01T00:00:00Z"})) == set()
    assert assets(await search(filled, **query, to="2000-01-01T00:00:00Z")) == set()
    since = {"from": second["created_at"]}
    assert first["asset_id"] not in assets(await search(filled, **query, **since))
    posted = await filled.http.post(SEARCH, json=query | since)
    assert assets(posted.json()) == {second["asset_id"]}


async def test_what_is_found_of_one_talk_is_one_hit_unless_asked_otherwise(filled: Spool) -> None:
    words = "moon country weather"
    grouped = (await search(filled, q=words, mode="keyword", limit=2))["hits"]
    flat = (await search(filled, q=words, mode="keyword", group="false"))["hits"]
    assert [hit["asset_id"] for hit in grouped] == [flat[0]["asset_id"], grouped[1]["asset_id"]]
    assert {hit["asset_id"] for hit in grouped} == set(ASSETS)
    for hit in grouped:
        texts = [hit["text"], *(each["text"] for each in hit["moments"])]
        assert len(texts) == 3 and hit["more"] == 0
        assert sorted(texts) == sorted(h["text"] for h in flat if h["asset_id"] == hit["asset_id"])
        assert all(
            each["url"].endswith(f"?t={in_seconds(each['start'])}") for each in hit["moments"]
        )
    assert all(hit["moments"] == [] and hit["more"] == 0 for hit in flat)


@pytest.mark.parametrize("image", ["", "%%%", 5, "a" * 3, "data:image/png;base64,"])
async def test_an_image_that_is_none_is_refused_and_named(filled: Spool, image: object) -> None:
    answer = await filled.http.post(SEARCH, json={"image": image})
    assert "image" in error(answer, 422, "request.invalid")["message"]


async def test_a_file_in_another_field_than_image_is_refused(filled: Spool) -> None:
    for parts in (
        [("file", "a.png", b"x")],
        [("image", "a.png", b"x"), ("image", "b.png", b"x")],
        [("q", "a.txt", b"x")],
    ):
        body, headers = multipart(*parts)
        answer = await filled.http.post(SEARCH, content=body, headers=headers)
        assert "image" in error(answer, 422, "request.invalid")["message"]
    body, headers = multipart(("q", None, b"\xff"))
    answer = await filled.http.post(SEARCH, content=body, headers=headers)
    assert "q: not UTF-8" in error(answer, 422, "request.invalid")["message"]


async def test_a_form_without_a_picture_is_a_search_too(filled: Spool) -> None:
    body, headers = multipart(("q", None, b"moon"), ("limit", None, b"1"), ("group", None, b"true"))
    answer = await filled.http.post(SEARCH, content=body, headers=headers)
    assert answer.status_code == 200, answer.text
    assert answer.json()["hits"][0]["text"] == "We choose to go to the moon."


async def test_a_picture_that_is_too_large_is_refused(filled: Spool) -> None:
    body, headers = multipart(("image", "a.png", bytes(13 * 1024 * 1024)))
    error(await filled.http.post(SEARCH, content=body, headers=headers), 413, "body.too_large")


async def test_a_search_may_be_posted_as_json(filled: Spool) -> None:
    body = {"q": "moon", "mode": "keyword", "media_type": "video", "labels": ["physics"]}
    answer = await filled.http.post(SEARCH, json={**body, "limit": 5})
    assert answer.status_code == 200, answer.text
    assert [hit["asset_id"] for hit in answer.json()["hits"]] == ["speech-1"]


@pytest.mark.parametrize("mode", ["hybrid", "semantic", "keyword"])
async def test_pages_hold_every_hit_once(filled: Spool, mode: str) -> None:
    flat = {"q": "the moon and the country", "mode": mode, "group": "false"}
    whole = await search(filled, **flat, limit=50)
    assert whole["cursor"] is None and len(whole["hits"]) > 2
    paged: list[dict[str, Any]] = []
    query: dict[str, str | int] = {**flat, "limit": 2}
    while True:
        found = await search(filled, **query)
        paged += found["hits"]
        if found["cursor"] is None:
            break
        query["cursor"] = found["cursor"]
    places = [(hit["asset_id"], hit["start"]) for hit in paged]
    assert sorted(places) == sorted((hit["asset_id"], hit["start"]) for hit in whole["hits"])


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("q", ""),
        ("q", "   "),
        ("q", "x" * 2001),
        ("mode", "fuzzy"),
        ("media_type", "film"),
        ("limit", "0"),
        ("limit", "101"),
        ("limit", "x"),
        ("cursor", "x"),
        ("cursor", "наука"),
        ("asset_id", ""),
        ("asset_id", "a\x00b"),
        ("page", "2"),
    ],
)
async def test_a_wrong_parameter_is_named(filled: Spool, name: str, value: str) -> None:
    for answer in (
        await filled.http.get(SEARCH, params={"q": "moon", name: value}),
        await filled.http.post(SEARCH, json={"q": "moon", name: value}),
    ):
        assert name in error(answer, 422, "request.invalid")["message"]


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"q": None},
        {"q": 5},
        {"q": "x", "limit": "5"},
        {"q": "x", "limit": 1.5},
        {"q": "x", "labels": 5},
        {"q": ["x"]},
        [],
        "x",
    ],
)
async def test_json_of_the_wrong_type_is_refused(filled: Spool, body: object) -> None:
    error(await filled.http.post(SEARCH, json=body), 422, "request.invalid")


@pytest.mark.parametrize(
    "words",
    [
        '"',
        '"moon',
        "moon AND",
        "(moon",
        "moon*",
        "-moon",
        "+",
        "text:moon",
        "\\",
        "NEAR(a b)",
        "^moon~2",
        "'; DROP TABLE moments; --",
        "\x00",
        "moon\x00sun",
        "наука 你好 👋",
        "a " * 900,
        "(" * 500,
        "%",
        "_",
    ],
)
@pytest.mark.parametrize("mode", ["hybrid", "keyword"])
async def test_words_are_words_and_no_commands(filled: Spool, words: str, mode: str) -> None:
    answer = await filled.http.get(SEARCH, params={"q": words, "mode": mode})
    assert answer.status_code in (200, 422), answer.text
    if answer.status_code == 422:
        error(answer, 422, "request.invalid")


async def test_of_an_asset_taken_in_again_only_the_new_moments_are_found(
    filled: Spool, speech: bytes
) -> None:
    for text in ("The old recording of the violin.", "The new recording of the violin."):
        filled.engine.texts = {0: text, 1: "Hm.", 2: "Hm."}
        await filled.completed(await filled.take_in(speech, asset_id="violin"))
    found = await search(filled, q="violin", mode="keyword")
    assert [hit["text"] for hit in found["hits"]] == ["The new recording of the violin."]


async def test_every_answer_is_json(filled: Spool) -> None:
    answer: httpx2.Response = await filled.http.get(SEARCH, params={"q": "moon"})
    assert answer.headers["content-type"] == "application/json"


@pytest.mark.parametrize("moment", ["9999-12-31T23:59:59-14:00", "0001-01-01T00:00:00+14:00"])
async def test_a_moment_that_has_no_year_in_utc_is_refused(spool: Spool, moment: str) -> None:
    for name in ("from", "to"):
        body = {"q": "x", name: moment}
        said = error(await spool.http.post("/api/v1/search", json=body), 422)["message"]
        assert said.startswith(f"{name}: ")


@pytest.mark.parametrize("moment", [0, 1_700_000_000, 1.5, "0", "-1", "1700000000.5"])
async def test_a_moment_that_is_a_number_is_refused(spool: Spool, moment: object) -> None:
    """It would be taken for seconds or for milliseconds, by its size."""
    body = {"q": "x", "to": moment}
    assert "to: " in error(await spool.http.post("/api/v1/search", json=body), 422)["message"]
    answer = await spool.http.get("/api/v1/search", params={"q": "x", "to": str(moment)})
    assert "to: " in error(answer, 422)["message"]
