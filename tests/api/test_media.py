"""The medium of an asset itself, whole and in stretches, and the waveform of its sound."""

import asyncio
import io
import os
import re
from email.utils import formatdate
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx2
import pytest
import soundfile
from PIL import Image
from pytest_httpserver import HTTPServer
from starlette.types import Message

from app.domain.keys import Scope
from app.web.file_answer import PIECE
from tests.api.spool import INGEST, Spool, asgi_get, error, opened
from tests.media import make_video, noise

pytestmark = pytest.mark.asyncio(loop_scope="module")

MEDIA, WAVEFORMS = "/api/v1/media", "/api/v1/waveforms"


def at(asset_id: str, where: str = MEDIA) -> str:
    return f"{where}/{quote(asset_id, safe='')}"


async def got(spool: Spool, asset_id: str, status: int = 200, **headers: str) -> httpx2.Response:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    answer = await spool.http.get(at(asset_id), headers=named)
    assert answer.status_code == status, answer.text
    return answer


async def taken_in(spool: Spool, content: bytes, name: str, **options: str) -> str:
    """Completed; the id of its asset."""
    job = await spool.completed(await spool.take_in(content, name, **options))
    return str(job["asset_id"])


async def by_path(spool: Spool, path: Path, asset_id: str) -> str:
    answer = await spool.http.post(INGEST, json={"path": str(path), "asset_id": asset_id})
    assert answer.status_code == 202, answer.text
    return str((await spool.completed(answer.json()["job_id"]))["asset_id"])


async def asset(spool: Spool, asset_id: str) -> dict[str, Any]:
    answer = await spool.http.get(f"/api/v1/assets/{quote(asset_id, safe='')}")
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


# the bytes


async def test_the_bytes_of_an_upload_come_as_they_went(spool: Spool, speech: bytes) -> None:
    asset_id = await taken_in(spool, speech, "a talk.flac", asset_id="talks/of this")
    told = await asset(spool, asset_id)
    assert told["media"] == "/api/v1/media/talks%2Fof%20this"
    answer = await spool.http.get(told["media"])
    assert answer.content == speech
    assert answer.headers["content-type"] == "audio/flac"
    assert answer.headers["content-length"] == str(len(speech))
    assert answer.headers["accept-ranges"] == "bytes"
    assert answer.headers["content-disposition"] == 'inline; filename="a talk.flac"'
    assert answer.headers["cross-origin-resource-policy"] == "same-origin"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["cache-control"] == "private, no-cache"


async def test_it_is_saved_where_that_is_asked_for(spool: Spool, quiet: bytes) -> None:
    asset_id = await taken_in(spool, quiet, "Käse.wav")
    for asked, kind in (("true", "attachment"), ("false", "inline")):
        answer = await spool.http.get(at(asset_id), params={"download": asked})
        named = answer.headers["content-disposition"]
        assert named == f"{kind}; filename=\"K_se.wav\"; filename*=UTF-8''K%C3%A4se.wav"
        assert answer.headers["content-type"] == "audio/wav"
    for query in ("download=perhaps", "download=true&download=true", "name=x"):
        error(await spool.http.get(f"{at(asset_id)}?{query}"), 422, "request.invalid")


async def test_a_file_of_many_pieces_comes_whole(spool: Spool, tmp_path: Path) -> None:
    content = noise(tmp_path / "noise.wav", 40).read_bytes()
    assert len(content) > 4 * PIECE
    asset_id = await taken_in(spool, content, "noise.wav")
    assert (await got(spool, asset_id)).content == content
    answer = await got(spool, asset_id, 206, Range="bytes=3-600001")
    assert answer.content == content[3:600002]


@pytest.mark.parametrize(
    ("asked", "first", "end"),
    [("bytes=0-9", 0, 10), ("bytes=100-", 100, None), ("bytes=-7", -7, None)],
)
async def test_a_stretch_is_sent_alone(
    spool: Spool, speech: bytes, asked: str, first: int, end: int | None
) -> None:
    asset_id = await taken_in(spool, speech, "talk.flac")
    answer = await got(spool, asset_id, 206, Range=asked)
    wanted, size = speech[first:end], len(speech)
    begin = first % size
    assert answer.content == wanted
    assert answer.headers["content-range"] == f"bytes {begin}-{begin + len(wanted) - 1}/{size}"
    assert answer.headers["content-length"] == str(len(wanted))
    assert answer.headers["content-type"] == "audio/flac"


@pytest.mark.parametrize("asked", ["bytes=99999999-", "bytes=-0"])
async def test_what_lies_behind_the_end_is_told_with_the_size(
    spool: Spool, quiet: bytes, asked: str
) -> None:
    asset_id = await taken_in(spool, quiet, "q.wav")
    answer = await got(spool, asset_id, 416, Range=asked)
    error(answer, 416, "media.range")
    assert answer.headers["content-range"] == f"bytes */{len(quiet)}"


@pytest.mark.parametrize(
    "asked", ["lines=0-1", "bytes=5-4", "nonsense", "bytes=" + ",".join(["0-0"] * 5000)]
)
async def test_what_is_no_single_range_is_answered_with_all(
    spool: Spool, quiet: bytes, asked: str
) -> None:
    asset_id = await taken_in(spool, quiet, "q.wav")
    answer = await got(spool, asset_id, Range=asked)
    assert answer.content == quiet and "content-range" not in answer.headers


async def test_a_stretch_of_another_file_is_not_mixed_in(
    spool: Spool, speech: bytes, quiet: bytes
) -> None:
    await taken_in(spool, quiet, "q.wav", asset_id="mixed")
    before = await got(spool, "mixed")
    for mark in (before.headers["etag"], before.headers["last-modified"]):
        answer = await got(spool, "mixed", 206, Range="bytes=1-3", If_Range=mark)
        assert answer.content == quiet[1:4]
    await taken_in(spool, speech, "t.flac", asset_id="mixed")
    etag = before.headers["etag"]
    answer = await got(spool, "mixed", 200, Range="bytes=1-3", If_Range=etag)
    assert answer.content == speech
    behind = f"bytes={len(speech)}-"
    assert (await got(spool, "mixed", 200, Range=behind, If_Range=etag)).content == speech
    weak = f"W/{answer.headers['etag']}"
    assert (await got(spool, "mixed", 200, Range="bytes=1-3", If_Range=weak)).content == speech


async def test_what_the_client_has_is_not_sent_again(spool: Spool, quiet: bytes) -> None:
    asset_id = await taken_in(spool, quiet, "q.wav")
    etag = (await got(spool, asset_id)).headers["etag"]
    again = await got(spool, asset_id, 304, If_None_Match=etag, Range="bytes=0-1")
    assert (again.content, again.headers["etag"]) == (b"", etag)
    assert (await got(spool, asset_id, If_None_Match='"other"')).content == quiet


async def test_head_tells_all_and_sends_nothing(spool: Spool, speech: bytes) -> None:
    asset_id = await taken_in(spool, speech, "t.flac")
    whole = await got(spool, asset_id)
    for headers in ({}, {"Range": "bytes=0-9"}):  # for HEAD a range means nothing
        head = await spool.http.head(at(asset_id), headers=headers)
        assert (head.status_code, head.content) == (200, b"")
        told = {name: value for name, value in whole.headers.items() if name != "date"}
        assert {name: head.headers.get(name) for name in told} == told
    assert (await spool.http.head(at("nobody"))).status_code == 404


async def test_one_that_hangs_up_is_sent_no_more_and_the_file_is_closed(
    spool: Spool, tmp_path: Path
) -> None:
    """After the first of many pieces."""
    content = noise(tmp_path / "noise.wav", 40).read_bytes()
    assert len(content) > 4 * PIECE
    asset_id = await taken_in(spool, content, "noise.wav")
    upload = next(spool.data.glob(f"audio_jobs/{asset_id}*")).resolve()
    pieces: list[bytes] = []
    begun = asyncio.Event()

    async def receive() -> Message:
        await begun.wait()
        assert upload in held_open() or not held_open()
        return {"type": "http.disconnect"}

    async def send(message: Message) -> None:
        if piece := message.get("body"):
            pieces.append(piece)
            begun.set()

    await spool.asgi(asgi_get(at(asset_id)), receive, send)
    assert pieces and len(b"".join(pieces)) < len(content)
    assert upload not in held_open()


def held_open() -> set[Path]:
    """Files of this process; none where there is no /proc to look in."""
    folder = Path("/proc/self/fd")
    return {each.resolve() for each in folder.iterdir()} if folder.is_dir() else set()


# kinds of media


async def test_a_video_its_key_frames_and_pictures_are_sent(
    spool: Spool, tmp_path: Path, jfk: Path
) -> None:
    film = make_video(tmp_path / "film.mp4", jfk).read_bytes()
    await taken_in(spool, film, "film.mp4", asset_id="a film")
    answer = await got(spool, "a film", 206, Range="bytes=0-99")
    assert (answer.content, answer.headers["content-type"]) == (film[:100], "video/mp4")
    for job_id in await spool.doors.assets.store.of_frames("a film"):
        await spool.completed(job_id)
    listed = await spool.http.get("/api/v1/assets", params={"parent_id": "a film"})
    frames = listed.json()["assets"]
    assert frames
    for frame in frames:
        picture = await spool.http.get(frame["media"])
        assert picture.headers["content-type"] == "image/jpeg"
        assert Image.open(io.BytesIO(picture.content)).size == (320, 180)
        assert frame["waveform"] is None
        error(await spool.http.get(at(frame["asset_id"], WAVEFORMS)), 404, "asset.no_waveform")


async def test_a_picture_is_sent_as_it_came_and_has_no_waveform(spool: Spool) -> None:
    picture = io.BytesIO()
    Image.new("RGB", (64, 48), "red").save(picture, "PNG")
    asset_id = await taken_in(spool, picture.getvalue(), "red.png")
    answer = await got(spool, asset_id)
    assert (answer.content, answer.headers["content-type"]) == (picture.getvalue(), "image/png")
    assert (await asset(spool, asset_id))["waveform"] is None


async def test_a_text_has_neither(spool: Spool) -> None:
    asset_id = await taken_in(spool, b"<script>alert(1)</script>", "page.md")
    told = await asset(spool, asset_id)
    assert (told["media"], told["waveform"]) == (None, None)
    error(await spool.http.get(at(asset_id)), 404, "asset.no_media")
    error(await spool.http.get(at(asset_id, WAVEFORMS)), 404, "asset.no_waveform")


@pytest.mark.parametrize("name", ["page.html", "page.svg", "page.xhtml", "page"])
async def test_what_could_run_in_a_browser_is_never_shown(
    spool: Spool, speech: bytes, name: str
) -> None:
    job_id = await spool.take_in(speech, name)
    await spool.ended(job_id)
    answer = await got(spool, job_id)
    assert answer.headers["content-type"] == "application/octet-stream"
    assert answer.headers["content-disposition"] == f'attachment; filename="{name}"'
    assert allowed(answer) == NOTHING


async def test_what_is_shown_in_a_tab_of_its_own_runs_nothing(spool: Spool, quiet: bytes) -> None:
    asset_id = await taken_in(spool, quiet, "q.wav")
    assert allowed(await got(spool, asset_id)) == NOTHING | {
        "img-src": "'self'",
        "media-src": "'self'",
        "style-src": "'unsafe-inline'",
        "sandbox": "allow-same-origin",
    }
    saved = await spool.http.get(at(asset_id), params={"download": "true"})
    assert allowed(saved) == NOTHING


NOTHING = {"default-src": "'none'", "frame-ancestors": "'none'", "sandbox": ""}


def allowed(answer: httpx2.Response) -> dict[str, str]:
    """By directive of its policy."""
    parts = answer.headers["content-security-policy"].split("; ")
    return {name: sources for name, _, sources in (part.partition(" ") for part in parts)}


async def test_a_page_that_is_called_a_video_is_taken_for_nothing_else(spool: Spool) -> None:
    job_id = await spool.take_in(b"<html><script>alert(1)</script></html>", "trap.mp4")
    assert (await spool.ended(job_id))["status"] == "Failed"
    answer = await got(spool, job_id)
    assert answer.headers["content-type"] == "video/mp4"
    assert answer.headers["x-content-type-options"] == "nosniff"


async def test_an_upload_can_be_played_while_it_is_being_heard(spool: Spool, speech: bytes) -> None:
    spool.engine.hold.clear()
    job_id = await spool.take_in(speech, "soon.flac")
    assert (await got(spool, job_id)).content == speech
    spool.engine.hold.set()
    await spool.completed(job_id)


async def test_an_asset_that_is_not_there_has_neither(spool: Spool) -> None:
    for where in (MEDIA, WAVEFORMS):
        error(await spool.http.get(f"{where}/nobody"), 404, "asset.not_found")
        error(await spool.http.get(f"{where}/"), 404)


# what came as a URL or a path


async def test_what_was_fetched_is_sent_once_it_turned_out_to_be_a_medium(
    spool: Spool, media_server: HTTPServer, quiet: bytes
) -> None:
    media_server.expect_request("/q.wav").respond_with_data(quiet)
    media_server.expect_request("/secret.wav").respond_with_data(b"of the private network")
    jobs = []
    for name in ("q.wav?token=s3cret", "secret.wav"):
        answer = await spool.http.post(INGEST, json={"url": media_server.url_for(f"/{name}")})
        jobs.append((await spool.ended(answer.json()["job_id"]))["job_id"])
    answer = await got(spool, jobs[0])
    assert answer.content == quiet
    assert answer.headers["content-disposition"] == 'inline; filename="q.wav"'
    error(await spool.http.get(at(jobs[1])), 404, "asset.no_media")


async def test_what_came_as_a_path_is_read_in_place(spool: Spool, quiet: bytes) -> None:
    path = spool.root / "in place.wav"
    path.write_bytes(quiet)
    await by_path(spool, path, "in-place")
    answer = await got(spool, "in-place")
    assert answer.content == quiet
    assert answer.headers["content-disposition"] == 'inline; filename="in place.wav"'
    assert answer.headers["last-modified"] == formatdate(path.stat().st_mtime, usegmt=True)
    assert str(spool.root) not in str(answer.headers)


async def test_a_file_of_the_machine_that_is_no_medium_cannot_be_read(spool: Spool) -> None:
    """Else every file under a root could be."""
    secret = spool.root / "passwords.mp4"
    secret.write_text("hunter2")
    answer = await spool.http.post(INGEST, json={"path": str(secret)})
    job_id = answer.json()["job_id"]
    assert (await spool.ended(job_id))["status"] == "Failed"
    error(await spool.http.get(at(job_id)), 404, "asset.no_media")


async def test_a_file_that_is_gone_is_told_as_such(spool: Spool, quiet: bytes) -> None:
    path = spool.root / "gone.wav"
    path.write_bytes(quiet)
    await by_path(spool, path, "gone")
    path.unlink()
    assert (
        str(path) not in error(await spool.http.get(at("gone")), 404, "asset.no_media")["message"]
    )
    path.mkdir()
    error(await spool.http.get(at("gone")), 404, "asset.no_media")
    path.rmdir()
    os.mkfifo(path)
    error(await spool.http.get(at("gone")), 404, "asset.no_media")


@pytest.mark.parametrize("inside", [False, True], ids=["out_of_the_root", "inside_the_root"])
async def test_a_link_that_took_the_place_of_the_file_is_not_followed(
    spool: Spool, quiet: bytes, inside: bool
) -> None:
    secret = (spool.root if inside else spool.root.parent) / "secret.wav"
    secret.write_bytes(b"secret")
    path = spool.root / f"swapped-{inside}.wav"
    path.write_bytes(quiet)
    asset_id = await by_path(spool, path, f"swapped-{inside}")
    path.unlink()
    path.symlink_to(secret)
    error(await spool.http.get(at(asset_id)), 404, "asset.no_media")
    assert (await spool.http.head(at(asset_id))).status_code == 404
    path.unlink()
    path.write_bytes(quiet)
    assert (await got(spool, asset_id)).content == quiet


async def test_a_folder_that_became_a_link_is_not_followed(spool: Spool, quiet: bytes) -> None:
    folder, elsewhere = spool.root / "folder-swap", spool.root.parent / "elsewhere"
    for each in (folder, elsewhere):
        each.mkdir()
        (each / "talk.wav").write_bytes(quiet)
    await by_path(spool, folder / "talk.wav", "folder-swap")
    folder.rename(spool.root / "moved away")
    folder.symlink_to(elsewhere)
    error(await spool.http.get(at("folder-swap")), 404, "asset.no_media")


@pytest.mark.parametrize(
    "name",
    ["../spool.db", "..%2Fspool.db", "%2e%2e/webhook.secret", "/etc/passwd", "%00", "%ff", "a//b"],
)
async def test_an_address_leads_to_assets_and_to_no_file(spool: Spool, name: str) -> None:
    for where in (MEDIA, WAVEFORMS):
        answer = await spool.http.get(f"{where}/{name}")
        assert error(answer, 404)["code"] in ("asset.not_found", "route.not_found")


async def test_a_watched_folder_is_sent_from_until_it_is_watched_no_more(
    tmp_path: Path, model_folder: Path, quiet: bytes
) -> None:
    inbox = tmp_path / "inbox"
    inbox.mkdir()
    (inbox / "quiet.wav").write_bytes(quiet)
    folder = tmp_path / "spool"
    watched = {"watch_folders": (inbox,), "watch_settle": 0.0}
    async with opened(folder, model_folder, ingestion=watched) as spool:
        asset_id = (await first_job(spool))["asset_id"]
        assert (await got(spool, asset_id)).content == quiet
    (folder / "media").rmdir()
    async with opened(folder, model_folder) as spool:
        error(await spool.http.get(at(asset_id)), 404, "asset.no_media")


async def first_job(spool: Spool) -> dict[str, Any]:
    """Completed, of what is taken in by itself."""
    async with asyncio.timeout(60):
        while True:
            answer = await spool.http.get("/api/v1/jobs")
            if found := answer.json()["jobs"]:
                return await spool.completed(found[0]["job_id"])
            await asyncio.sleep(0.05)


# the waveform


async def test_what_was_spoken_has_a_waveform_of_its_sound(spool: Spool, speech: bytes) -> None:
    asset_id = await taken_in(spool, speech, "t.flac")
    told = await asset(spool, asset_id)
    assert told["waveform"] == at(asset_id, WAVEFORMS)
    answer = await spool.http.get(told["waveform"])
    assert answer.headers["content-type"] == "application/json"
    drawn = answer.json()
    samples, rate = soundfile.read(io.BytesIO(speech), dtype="int16")
    each = drawn["samples_per_pixel"]
    assert (drawn["version"], drawn["bits"], drawn["sample_rate"]) == (2, 8, rate)
    starts = range(0, len(samples), each)
    expected = [
        int(int(edge(samples[first : first + each])) / 256)
        for first in starts
        for edge in (min, max)
    ]
    assert drawn["data"] == expected and drawn["length"] == len(starts)
    again = {"If-None-Match": answer.headers["etag"]}
    assert (await spool.http.get(told["waveform"], headers=again)).status_code == 304
    error(await spool.http.get(f"{told['waveform']}?zoom=1"), 422, "request.invalid")


async def test_a_video_without_sound_has_none(spool: Spool, tmp_path: Path) -> None:
    silent = make_video(tmp_path / "silent.mp4", None).read_bytes()
    asset_id = await taken_in(spool, silent, "silent.mp4")
    error(await spool.http.get(at(asset_id, WAVEFORMS)), 404, "asset.no_waveform")
    assert (await got(spool, asset_id)).content == silent


async def test_both_go_with_the_asset(spool: Spool, quiet: bytes) -> None:
    await taken_in(spool, quiet, "q.wav", asset_id="to-go")
    job_id = (await asset(spool, "to-go"))["job_id"]
    assert list(spool.data.glob(f"*/{job_id}*")) != []
    assert (spool.data / "waveforms" / f"{job_id}.json").is_file()
    assert (await spool.http.delete("/api/v1/assets/to-go")).status_code == 204
    for where in (MEDIA, WAVEFORMS):
        error(await spool.http.get(at("to-go", where)), 404, "asset.not_found")
    assert list(spool.data.glob(f"*/{job_id}*")) == []


# keys


async def test_only_a_key_that_may_read_gets_either(
    tmp_path: Path, model_folder: Path, quiet: bytes
) -> None:
    async with opened(tmp_path, model_folder, server={"require_keys": True}) as spool:
        keys, http = spool.doors.keys, spool.http
        secrets = {each: (await keys.create("of the tests", {each}))[1] for each in Scope}
        sender, reader = ({"X-API-Key": secrets[each]} for each in (Scope.INGEST, Scope.READ))
        asked = {"filename": "q.wav"}
        sent = await http.post(INGEST, content=quiet, params=asked, headers=sender)
        job_id = sent.json()["job_id"]
        await http.get(f"/api/v1/jobs/{job_id}?wait=60", headers=reader)
        for where in (MEDIA, WAVEFORMS):
            url = at(job_id, where)
            error(await http.get(url), 401, "key.missing")
            error(await http.get(url, headers=sender), 403, "key.scope")
            assert (await http.head(url)).status_code == 401
            assert (await http.get(url, headers=reader)).status_code == 200
        stretch = await http.get(at(job_id), headers=reader | {"Range": "bytes=0-3"})
        assert (stretch.status_code, stretch.content) == (206, b"RIFF")


# on the wire


async def test_no_two_files_have_one_etag(spool: Spool, quiet: bytes) -> None:
    """Also not two of a size that were written at the same time."""
    ids = [await taken_in(spool, quiet, "q.wav") for _ in range(2)]
    for asset_id in ids:
        os.utime(next(spool.data.glob(f"audio_jobs/{asset_id}*")), (1.8e9, 1.8e9))
    etags = {(await got(spool, asset_id)).headers["etag"] for asset_id in ids}
    assert len(etags) == 2
    assert all(re.fullmatch(r'"[0-9a-f-]+"', etag) for etag in etags)
