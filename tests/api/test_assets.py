"""Assets: taken in by the standard payload, told of, corrected, read, taken away."""

import asyncio
import io
import json
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx2
import pytest
from PIL import Image

from app.domain.media_types import in_seconds
from app.domain.writing import document
from app.web.assets_answers import Figures
from tests.api.spool import Spool, error, multipart
from tests.media import make_video

pytestmark = pytest.mark.asyncio(loop_scope="module")

ASSETS = "/api/v1/assets"
SEARCH = "/api/v1/search"


def at(asset_id: str) -> str:
    return f"{ASSETS}/{quote(asset_id, safe='')}"


async def take_in(
    spool: Spool, content: bytes, asset_id: str, name: str = "talk.flac", **extra: Any
) -> dict[str, Any]:
    payload = {"assetId": asset_id, "mediaType": "audio", "requestedAt": 1, "extra": extra}
    body, headers = multipart(
        ("payload", None, json.dumps(payload).encode()), ("file", name, content)
    )
    answer = await spool.http.post(ASSETS, content=body, headers=headers)
    assert answer.status_code == 202, answer.text
    found: dict[str, Any] = answer.json()
    assert answer.headers["location"] == found["status_url"]
    return found


async def spoken(spool: Spool, speech: bytes, asset_id: str, **extra: Any) -> dict[str, Any]:
    """Of three sentences, completed."""
    spool.engine.texts = {
        0: " The apple fell from the tree.",
        1: " The weather is cold.",
        2: " We go to the moon.",
    }
    ticket = await take_in(spool, speech, asset_id, **extra)
    assert ticket["asset_url"] == at(asset_id)
    await spool.completed(ticket["job_id"])
    return await shown(spool, asset_id)


async def shown(spool: Spool, asset_id: str) -> dict[str, Any]:
    answer = await spool.http.get(at(asset_id))
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def patched(spool: Spool, asset_id: str, **changes: Any) -> dict[str, Any]:
    answer = await spool.http.patch(at(asset_id), json=changes)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def found(spool: Spool, words: str, **more: Any) -> list[dict[str, Any]]:
    query = {"q": words, "mode": "keyword", **more}
    answer = await spool.http.get(SEARCH, params=query)
    assert answer.status_code == 200, answer.text
    hits: list[dict[str, Any]] = answer.json()["hits"]
    return hits


async def again(spool: Spool, asset_id: str, stage: str, **extra: Any) -> httpx2.Response:
    payload = {"assetId": asset_id, "stage": stage, "extra": extra}
    return await spool.http.post(ASSETS, json=payload)


async def test_an_asset_is_taken_in_by_the_standard_payload(spool: Spool, speech: bytes) -> None:
    asset = await spoken(spool, speech, "talks/newton", title="Newton", labels=["physics"])
    assert asset["asset_id"] == "talks/newton" and asset["media_type"] == "audio"
    assert (asset["title"], asset["labels"]) == ("Newton", ["physics"])
    assert (asset["status"], asset["indexed"], asset["revision"]) == ("Completed", True, 1)
    assert asset["url"] == "/watch/talks%2Fnewton" and asset["thumbnail"] is None
    assert [hit["asset_id"] for hit in await found(spool, "apple")] == ["talks/newton"]


async def test_an_asset_may_be_named_by_its_path(spool: Spool, quiet: bytes) -> None:
    (spool.root / "quiet.wav").write_bytes(quiet)
    payload = {"assetId": "by-path", "mediaType": "audio", "extra": {"path": "quiet.wav"}}
    answer = await spool.http.post(ASSETS, json=payload)
    assert answer.status_code == 202, answer.text
    await spool.completed(answer.json()["job_id"])
    assert (await shown(spool, "by-path"))["title"] == "quiet.wav"


async def test_taken_in_again_it_is_replaced(spool: Spool, speech: bytes) -> None:
    await spoken(spool, speech, "twice")
    spool.engine.texts = {0: " Quince jam.", 1: " Hm.", 2: " Hm."}
    ticket = await take_in(spool, speech, "twice")
    await spool.completed(ticket["job_id"])
    asset = await shown(spool, "twice")
    assert (asset["revision"], asset["job_id"]) == (2, ticket["job_id"])
    assert len(await found(spool, "quince", asset_id="twice")) == 1
    assert await found(spool, "apple", asset_id="twice") == []


@pytest.mark.parametrize(
    "value",
    ["1e999", '"\\ud800"', '{"\\ud800": 1}', '"\\u0000"', "[" * 11 + "]" * 11],
    ids=["infinity", "surrogate", "surrogate_name", "nul", "deep"],
)
async def test_metadata_that_no_answer_could_show_is_refused(
    spool: Spool, speech: bytes, value: str
) -> None:
    if (await spool.http.get(at("plainly-told"))).status_code == 404:
        await spoken(spool, speech, "plainly-told")
    body = f'{{"metadata": {{"fine": 1, "x": {value}}}}}'
    answer = await spool.http.patch(
        at("plainly-told"), content=body, headers={"Content-Type": "application/json"}
    )
    assert "metadata" in error(answer, 422)["message"]
    assert (await shown(spool, "plainly-told"))["metadata"] == {}


async def test_the_list_goes_on_behind_names_of_letters_that_are_not_latin(
    spool: Spool, quiet: bytes
) -> None:
    for letter in ("\u044f", "\u7de8"):
        ticket = await take_in(spool, quiet, letter * 200, "quiet.wav")
        await spool.completed(ticket["job_id"])
    first = (await spool.http.get(ASSETS, params={"limit": 1})).json()
    following = {"limit": 1, "cursor": first["cursor"]}
    answer = await spool.http.get(ASSETS, params=following)
    assert answer.status_code == 200, answer.text
    assert [asset["asset_id"] for asset in answer.json()["assets"]] == ["\u044f" * 200]


async def test_one_that_is_under_way_tells_how_far_it_is(spool: Spool, speech: bytes) -> None:
    spool.engine.hold.clear()
    ticket = await take_in(spool, speech, "under-way", title="Soon")
    asset = await shown(spool, "under-way")
    assert asset["job_id"] == ticket["job_id"] and asset["title"] == "Soon"
    assert asset["status"] in ("Pending", "MediaExtraction", "Transcribing")
    assert (asset["revision"], asset["indexed"]) == (0, False)
    answer = await spool.http.patch(at("under-way"), json={"title": "Too soon"})
    error(answer, 409, "asset.not_ready")
    error(await spool.http.get("/watch/under-way"), 409, "asset.not_ready")
    spool.engine.hold.set()
    await spool.completed(ticket["job_id"])
    assert (await shown(spool, "under-way"))["status"] == "Completed"


async def test_a_corrected_segment_is_found_by_its_new_words_and_not_by_its_old(
    spool: Spool, speech: bytes
) -> None:
    asset = await spoken(spool, speech, "corrected")
    assert [hit["text"] for hit in await found(spool, "apple", asset_id="corrected")]
    changed = await patched(
        spool, "corrected", segments=[{"id": 0, "text": "The pear fell from the tree."}]
    )
    assert (changed["indexed"], changed["revision"]) == (True, asset["revision"] + 1)
    assert await found(spool, "apple", asset_id="corrected") == []
    [hit] = await found(spool, "pear", asset_id="corrected")
    assert hit["text"].startswith("The pear")
    by_meaning = await spool.http.get(
        SEARCH, params={"q": "pear", "mode": "semantic", "asset_id": "corrected"}
    )
    assert "pear" in by_meaning.json()["hits"][0]["text"]
    result = await spool.http.get(f"/api/v1/jobs/{asset['job_id']}/result")
    assert result.json()["segments"][0]["text"] == "The pear fell from the tree."
    assert "pear" in (await spool.http.get("/watch/corrected")).text


async def test_a_change_that_comes_while_its_job_runs_is_found_when_that_has_ended(
    spool: Spool, speech: bytes
) -> None:
    await spoken(spool, speech, "early")
    spool.engine.hold.clear()
    spool.engine.texts = {0: " Plum one.", 1: " Plum two.", 2: " Plum three."}
    ticket = await take_in(spool, speech, "early")
    changing = asyncio.create_task(patched(spool, "early", title="Changed meanwhile"))
    spool.engine.hold.set()
    await spool.completed(ticket["job_id"])
    await changing
    hits = await found(spool, "plum", asset_id="early")
    assert hits and (await shown(spool, "early"))["indexed"]


async def test_a_text_is_taken_in_corrected_and_read(spool: Spool) -> None:
    payload = {
        "assetId": "notes/apples",
        "mediaType": "text",
        "extra": {"text": "# Apples\n\nAn orchard of russets.\n\n## Pears\n\nA bosc is firm.\n"},
    }
    answer = await spool.http.post(ASSETS, json=payload)
    assert answer.status_code == 202, answer.text
    job = await spool.completed(answer.json()["job_id"])
    assert (await shown(spool, "notes/apples"))["title"] == "Apples"
    [hit] = await found(spool, "bosc")
    assert hit["url"] == "/watch/notes%2Fapples#pears"
    assert 'id="pears"' in (await spool.http.get(hit["url"])).text
    result = f"/api/v1/jobs/{job['job_id']}/result"
    assert (await spool.http.get(result)).json()["media_type"] == "text"
    text = await spool.http.get(result, params={"format": "txt"})
    assert "A bosc is firm." in text.text
    error(await spool.http.get(result, params={"format": "srt"}), 409, "job.no_result")
    await patched(spool, "notes/apples", text="# Apples\n\nOnly medlars.\n")
    assert await found(spool, "bosc") == []
    assert [hit["asset_id"] for hit in await found(spool, "medlars")] == ["notes/apples"]
    changes = {"segments": [{"id": 0, "text": "x"}]}
    error(await spool.http.patch(at("notes/apples"), json=changes), 422, "request.invalid")


async def test_a_corrected_text_of_too_many_passages_is_refused_and_nothing_changes(
    spool: Spool, monkeypatch: pytest.MonkeyPatch
) -> None:
    await spool.completed(await spool.take_in(b"A quince.", "q.md", asset_id="quince"))
    monkeypatch.setattr(document, "MOST_PASSAGES", 3)
    changes = {"text": "# a\n" * 4 + "b" * 30_000}
    answer = await spool.http.patch(at("quince"), json=changes)
    assert "3 passages" in error(answer, 422, "media.too_large")["message"]
    assert (await shown(spool, "quince"))["revision"] == 1


async def test_a_picture_has_a_thumbnail(spool: Spool) -> None:
    picture = io.BytesIO()
    Image.new("RGB", (800, 600), "red").save(picture, "PNG")
    job = await spool.completed(await spool.take_in(picture.getvalue(), "red.png", title="Red"))
    asset = await shown(spool, job["asset_id"])
    assert (asset["media_type"], asset["width"], asset["height"]) == ("image", 800, 600)
    answer = await spool.http.get(asset["thumbnail"])
    assert answer.headers["content-type"] == "image/jpeg"
    assert answer.content.startswith(b"\xff\xd8")
    again = {"If-None-Match": answer.headers["etag"]}
    assert (await spool.http.get(asset["thumbnail"], headers=again)).status_code == 304
    page = (await spool.http.get(asset["url"])).text
    assert f'<img src="{asset["thumbnail"]}"' in page
    assert (await spool.http.delete(at(asset["asset_id"]))).status_code == 204
    assert not list((spool.data / "thumbnails").iterdir())


async def test_what_was_spoken_has_no_thumbnail(spool: Spool, quiet: bytes) -> None:
    await spool.completed((await take_in(spool, quiet, "unseen", "quiet.wav"))["job_id"])
    error(await spool.http.get(f"{at('unseen')}/thumbnail"), 404, "asset.no_thumbnail")


async def test_title_labels_and_description_are_corrected(spool: Spool, speech: bytes) -> None:
    await spoken(spool, speech, "told", labels="old")
    changes = {
        "title": "A new title",
        "labels": ["one", "two"],
        "description": "About fruit.",
        "link": "https://example.org/talk",
        "metadata": {"year": 2020},
        "speakers": {"A": "Isaac"},
    }
    changed = await patched(spool, "told", **changes)
    assert {name: changed[name] for name in changes} == changes
    assert await found(spool, "apple", asset_id="told", labels="old") == []
    [hit] = await found(spool, "apple", asset_id="told", labels="one,two")
    assert hit["title"] == "A new title" and hit["url"].startswith("https://example.org/talk")
    assert (await patched(spool, "told", link=""))["link"] is None


async def test_changes_at_the_same_time_end_with_all_of_them_found(
    spool: Spool, speech: bytes
) -> None:
    await spoken(spool, speech, "busy")
    words = ["alpha", "bravo", "charlie", "delta", "echo"]
    await asyncio.gather(
        *(
            patched(spool, "busy", segments=[{"id": number % 3, "text": f"Word {word}."}])
            for number, word in enumerate(words)
        )
    )
    result = await spool.http.get(f"/api/v1/jobs/{(await shown(spool, 'busy'))['job_id']}/result")
    kept = {segment["text"] for segment in result.json()["segments"]}
    assert (await shown(spool, "busy"))["indexed"]
    for word in words:
        hits = await found(spool, word, asset_id="busy")
        assert bool(hits) == (f"Word {word}." in kept)


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({}, "name what changes"),
        ({"title": None}, "title"),
        ({"title": ""}, "title"),
        ({"name": "x"}, "name"),
        ({"text": "x"}, "text"),
        ({"labels": "a" * 201}, "labels"),
        ({"link": "javascript:alert(1)"}, "link"),
        ({"segments": [{"id": 99, "text": "x"}]}, "segments"),
        ({"segments": [{"id": 0, "text": "x"}, {"id": 0, "text": "y"}]}, "segments"),
        ({"segments": [{"id": -1, "text": "x"}]}, "segments"),
        ({"segments": [{"id": 0}]}, "text"),
        ({"speakers": {"A": 1}}, "speakers"),
        ({"description": "a\x00b"}, "description"),
        ([], "body"),
    ],
)
async def test_a_change_that_is_wrong_is_named_and_nothing_changes(
    spool: Spool, speech: bytes, changes: Any, named: str
) -> None:
    if not (await spool.http.get(at("steady"))).is_success:
        await spoken(spool, speech, "steady")
    before = await shown(spool, "steady")
    answer = await spool.http.patch(at("steady"), json=changes)
    assert named in error(answer, 422, "request.invalid")["message"]
    assert await shown(spool, "steady") == before


async def test_refreshed_it_is_indexed_anew_and_nothing_is_heard_again(
    spool: Spool, speech: bytes
) -> None:
    asset = await spoken(spool, speech, "fresh")
    spool.engine.heard.clear()
    answer = await again(spool, "fresh", "refresh", title="Fresher", description="Fruit")
    assert answer.status_code == 202, answer.text
    job = await spool.completed(answer.json()["job_id"])
    assert job["options"]["asset_stage"] == "refresh" and spool.engine.heard == []
    changed = await shown(spool, "fresh")
    assert (changed["title"], changed["description"]) == ("Fresher", "Fruit")
    assert changed["indexed"] and changed["revision"] > asset["revision"]
    assert (await found(spool, "apple", asset_id="fresh"))[0]["title"] == "Fresher"
    result = await spool.http.get(f"/api/v1/jobs/{job['job_id']}/result")
    assert "apple" in result.json()["transcript"]
    assert (await spool.http.delete(f"/api/v1/jobs/{job['job_id']}")).status_code == 204
    assert await found(spool, "apple", asset_id="fresh")


async def test_labels_that_come_later_are_searched_by(spool: Spool, speech: bytes) -> None:
    await spoken(spool, speech, "labelled", labels=["first"])
    answer = await again(spool, "labelled", "post_label", labels=["fruit", "tree"])
    await spool.completed(answer.json()["job_id"])
    assert (await shown(spool, "labelled"))["labels"] == ["fruit", "tree"]
    assert await found(spool, "apple", asset_id="labelled", labels="fruit")


@pytest.mark.parametrize(
    ("payload", "named"),
    [
        ({}, "assetId"),
        ({"assetId": "x"}, "source"),
        ({"assetId": "x", "extra": {"path": "a", "url": "b"}}, "source"),
        ({"assetId": "x", "mediaType": "film", "extra": {"path": "a"}}, "mediaType"),
        ({"assetId": "x", "stage": "late", "extra": {"path": "a"}}, "stage"),
        ({"assetId": "x", "requestedAt": "now", "extra": {"path": "a"}}, "requestedAt"),
        ({"assetId": "x", "mediaType": "keyframe", "extra": {"path": "a"}}, "parentId"),
        ({"assetId": "x", "mediaType": "image", "extra": {"text": "a"}}, "text"),
        ({"assetId": "x", "extra": {"path": "a", "at": 1.0}}, "at"),
        ({"assetId": "x", "extra": {"path": "a", "shape": 1}}, "shape"),
        ({"assetId": "x", "extra": {"path": "a", "asset_id": "y"}}, "asset_id"),
        ({"assetId": "x", "stage": "refresh", "extra": {"path": "a"}}, "refresh"),
        ({"assetId": "", "extra": {"path": "a"}}, "assetId"),
    ],
)
async def test_a_payload_that_is_wrong_is_named(
    spool: Spool, payload: dict[str, Any], named: str
) -> None:
    answer = await spool.http.post(ASSETS, json=payload)
    assert named in error(answer, 422, "request.invalid")["message"]


async def test_of_what_is_not_there_nothing_can_be_done(spool: Spool) -> None:
    for method in ("GET", "DELETE"):
        error(await spool.http.request(method, at("nobody")), 404, "asset.not_found")
    error(await spool.http.patch(at("nobody"), json={"title": "x"}), 404, "asset.not_found")
    error(await spool.http.get(f"{at('nobody')}/thumbnail"), 404, "asset.not_found")
    error(await spool.http.get("/watch/nobody"), 404, "asset.not_found")
    error(await again(spool, "nobody", "refresh"), 404, "asset.not_found")


async def test_assets_are_listed_newest_first(spool: Spool, quiet: bytes) -> None:
    names = [f"listed-{number}" for number in range(3)]
    for name in names:
        await spool.completed((await take_in(spool, quiet, name, "quiet.wav"))["job_id"])
    first = (await spool.http.get(ASSETS, params={"limit": 2, "media_type": "audio"})).json()
    assert [asset["asset_id"] for asset in first["assets"]] == names[:0:-1]
    more = {"limit": 1, "media_type": "audio", "cursor": first["cursor"]}
    following = (await spool.http.get(ASSETS, params=more)).json()
    assert [asset["asset_id"] for asset in following["assets"]] == names[:1]
    assert (await spool.http.get(ASSETS, params={"media_type": "image"})).json()["assets"] == []
    error(await spool.http.get(ASSETS, params={"cursor": "x"}), 422, "request.invalid")


async def test_deleted_it_leaves_neither_rows_nor_files_nor_moments(
    spool: Spool, speech: bytes
) -> None:
    jobs, files = await spool.count(), spool.files()
    first = await spoken(spool, speech, "gone")
    await spoken(spool, speech, "gone")
    await spool.completed((await again(spool, "gone", "refresh")).json()["job_id"])
    assert (await spool.http.delete(at("gone"))).status_code == 204
    error(await spool.http.get(at("gone")), 404, "asset.not_found")
    error(await spool.http.get(f"/api/v1/jobs/{first['job_id']}"), 404)
    assert (await spool.count(), spool.files()) == (jobs, files)
    assert await found(spool, "apple", asset_id="gone") == []


async def test_one_that_is_under_way_is_stopped_and_deleted(spool: Spool, speech: bytes) -> None:
    spool.engine.hold.clear()
    ticket = await take_in(spool, speech, "stopped")
    assert (await spool.http.delete(at("stopped"))).status_code == 204
    error(await spool.http.get(f"/api/v1/jobs/{ticket['job_id']}"), 404)
    spool.engine.hold.set()


async def test_a_name_may_hold_anything_that_can_be_printed(spool: Spool, quiet: bytes) -> None:
    for name in ("a/b/c", "d?e#f", "g h%20", "ü你", "i=j&k;l", "'--", '<img src="x">'):
        await spool.completed((await take_in(spool, quiet, name, "quiet.wav"))["job_id"])
        assert (await shown(spool, name))["asset_id"] == name
        assert (await spool.http.get(f"/watch/{quote(name, safe='')}")).status_code == 200
        assert (await spool.http.delete(at(name))).status_code == 204


async def test_a_payload_beside_a_file_has_no_other_source(spool: Spool, quiet: bytes) -> None:
    for fields in (
        [("payload", None, b'{"assetId": "x", "extra": {"path": "y"}}')],
        [("payload", None, b'{"assetId": "x", "stage": "refresh"}')],
        [("payload", None, b"{")],
        [("title", None, b"x")],
        [],
    ):
        body, headers = multipart(*fields, ("file", "quiet.wav", quiet))
        error(await spool.http.post(ASSETS, content=body, headers=headers), 422)


# the page


async def test_the_page_marks_the_passage_and_runs_nothing_from_outside(
    spool: Spool, speech: bytes
) -> None:
    evil = '<script>alert("x")</script>'
    await spoken(spool, speech, "page", title=evil, description=evil, labels=[evil])
    await patched(spool, "page", segments=[{"id": 1, "text": f"{evil} & more"}])
    hit = (await found(spool, "moon", asset_id="page"))[0]
    page = await spool.http.get(hit["url"])
    assert page.headers["content-type"].startswith("text/html")
    assert page.text.count("<script") == 1 and "&lt;script&gt;" in page.text
    assert '<script type="module" src="/page/watch.js"></script>' in page.text
    policy = page.headers["content-security-policy"]
    assert "default-src 'none'" in policy and "unsafe" not in policy
    assert "script-src 'self';" in policy and "require-trusted-types-for 'script'" in policy
    assert page.text.count("autofocus") == 1
    marked = page.text.split("autofocus>")[1].split("</p>")[0]
    assert "We go to the moon." in marked and 'href="#t=' in marked
    error(await spool.http.get("/watch/page?t=x"), 422, "request.invalid")
    error(await spool.http.get("/watch/page?t=-1"), 422, "request.invalid")


# figures


async def test_figures_of_taking_in_come_a_line_at_a_time(spool: Spool, quiet: bytes) -> None:
    await spool.completed(await spool.take_in(quiet))
    answer = await spool.http.get("/api/debug-ingestion", params={"count": 2, "interval": 0.05})
    assert answer.headers["content-type"] == "application/x-ndjson"
    for line in answer.text.splitlines():
        Figures.model_validate_json(line)
    first, second = map(json.loads, answer.text.splitlines())
    assert first["audio_rate"] is None and second["audio_rate"] >= 0
    assert second["workers"] == {"busy": 0, "total": 1}
    assert second["disk_free"] > 0 and second["data_bytes"] > len(quiet)
    if index := second["index"]:  # else it still loads
        assert index.keys() == {"rows", "bytes"} and index["bytes"] > 0
    assert first["completed_rate"] is None and second["completed_rate"] >= 0
    assert second["jobs"]["completed"] >= 1 and second["assets"]["audio"] >= 1
    assert second["index_lag"] == 0 and second["disk"] == "ok" and second["queue_depth"] == 0
    assert set(second["in_flight"]) == {"media_extraction", "transcribing", "embedding"}
    assert bool(second["alarms"]) == bool(second["dead_letters"])
    error(await spool.http.get("/api/debug-ingestion?count=0"), 422, "request.invalid")


async def test_a_video_goes_with_its_key_frames(spool: Spool, tmp_path: Path, jfk: Path) -> None:
    film = make_video(tmp_path / "film.mp4", jfk).read_bytes()
    payload = json.dumps({"assetId": "a film", "mediaType": "video"}).encode()
    body, headers = multipart(("payload", None, payload), ("file", "film.mp4", film))
    ticket = (await spool.http.post(ASSETS, content=body, headers=headers)).json()
    await spool.completed(ticket["job_id"])
    frames = await frames_of(spool, "a film")
    assert frames and all(frame["parent_id"] == "a film" for frame in frames)
    assert {frame["url"] for frame in frames} == {
        f"/watch/a%20film?t={in_seconds(frame['at'])}" for frame in frames
    }
    page = (await spool.http.get(frames[0]["url"])).text
    assert page.count("<img") == len(frames) and 'class="here"' in page
    listed = (await spool.http.get(ASSETS)).json()["assets"]
    assert "keyframe" not in {asset["media_type"] for asset in listed}
    await patched(spool, "a film", title="Zanzibar", labels=["islands"])
    renamed = await frames_of(spool, "a film")
    assert {(frame["title"], *frame["labels"]) for frame in renamed} == {("Zanzibar", "islands")}
    hits = await found(spool, "zanzibar", labels="islands", group="false", limit=100)
    assert {frame["asset_id"] for frame in frames} <= {hit["asset_id"] for hit in hits}
    assert (await spool.http.delete(at("a film"))).status_code == 204
    assert await frames_of(spool, "a film") == []
    for frame in frames:
        error(await spool.http.get(f"/api/v1/jobs/{frame['job_id']}"), 404)
    assert not [*spool.data.glob("image_jobs/*"), *spool.data.glob("keyframes/*")]


async def frames_of(spool: Spool, video_id: str) -> list[dict[str, Any]]:
    """Once their jobs have ended."""
    for job_id in await spool.doors.assets.store.of_frames(video_id):
        await spool.completed(job_id)
    answer = await spool.http.get(ASSETS, params={"parent_id": video_id})
    found: list[dict[str, Any]] = answer.json()["assets"]
    return found
