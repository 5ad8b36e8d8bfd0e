"""Jobs as clients see them: one by one, in pages, and as soon as they end."""

import asyncio
import gzip
from pathlib import Path
from random import Random
from typing import Any

import pytest

from app.domain.errors import EngineCrashed, EngineError
from tests.api.spool import INGEST, Spool, error, opened
from tests.api.test_assets import frames_of
from tests.media import make_video, silence, zipped

pytestmark = pytest.mark.asyncio(loop_scope="module")

JOBS = "/api/v1/jobs"
#: What a job tells of itself.
TOLD = set(
    "job_id status stage progress eta queue_position created_at updated_at finished_at source "
    "asset_id title asset_title options duration provider model attempts dead_letter history "
    "warnings timings error status_url result_url".split()
)


async def reached(spool: Spool, job_id: str, status: str) -> None:
    async with asyncio.timeout(60):
        while (await spool.job(job_id))["status"] != status:
            pass


async def page(spool: Spool, **query: str | int) -> dict[str, Any]:
    answer = await spool.http.get(JOBS, params=query)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    assert found.keys() == {"jobs", "cursor"}
    return found


# one job


async def test_a_completed_job_tells_all_about_itself(spool: Spool, speech: bytes) -> None:
    job_id = await spool.take_in(speech, "talk.flac", title="A talk", asset_id="talk-1")
    job = await spool.completed(job_id)
    assert job["options"] == {
        "task": "transcribe",
        "priority": "normal",
        "title": "A talk",
        "asset_id": "talk-1",
    }
    assert job.keys() == TOLD
    assert (job["title"], job["asset_id"], job["progress"]) == ("A talk", "talk-1", 1.0)
    assert job["source"] == {"kind": "upload", "name": "talk.flac"}
    assert job["duration"] == 17.0
    assert job["attempts"] == 1 and job["error"] is None and job["warnings"] == []
    assert job["timings"].keys() == {"media_extraction", "transcribing", "embedding"}
    [attempt] = job["history"]
    assert attempt["number"] == 1 and attempt["error_code"] is None and attempt["ended_at"]
    assert job["created_at"] <= attempt["started_at"] <= job["finished_at"]


async def test_a_running_job_tells_its_stage_and_how_far_it_is(spool: Spool, speech: bytes) -> None:
    spool.engine.gates = {2: asyncio.Event()}
    job_id = await spool.take_in(speech)
    async with asyncio.timeout(60):
        while (job := await spool.job(job_id))["progress"] < 0.3:
            assert job["status"] in ("Pending", "MediaExtraction", "Transcribing")
    assert (job["status"], job["stage"]) == ("Transcribing", "transcribing")
    assert 0.3 <= job["progress"] < 1 and job["finished_at"] is None
    spool.engine.gates[2].set()
    await spool.completed(job_id)


async def test_two_jobs_at_once_both_progress(spool: Spool, speech: bytes) -> None:
    spool.engine.gates = {2: asyncio.Event()}
    jobs = [await spool.take_in(speech) for _ in range(2)]
    for job_id in jobs:
        async with asyncio.timeout(60):
            while (await spool.job(job_id))["progress"] < 0.3:
                pass
    spool.engine.gates[2].set()
    for job_id in jobs:
        await spool.completed(job_id)


@pytest.mark.parametrize(
    "job_id",
    [
        "0b79e0c2-6d0f-4f4e-9f3c-5f4f3c2d1e0a",
        "x",
        "0",
        "None",
        "%00",
        "..%2f..%2fetc%2fpasswd",
        "' OR 1=1 --",
        "x" * 3000,
        "00000000-0000-0000-0000-00000000000",
        "{00000000-0000-0000-0000-000000000000}",
        "наука",
        "%ff%fe",
    ],
)
async def test_an_unknown_job_is_not_found(spool: Spool, job_id: str) -> None:
    for url in (f"{JOBS}/{job_id}", f"{JOBS}/{job_id}?wait=30", f"{JOBS}/{job_id}/result"):
        answer = await spool.http.get(url)
        assert error(answer, 404)["code"] in ("job.not_found", "route.not_found")


async def test_a_job_id_has_one_spelling(spool: Spool, quiet: bytes) -> None:
    job_id = await spool.take_in(quiet)
    for other in (job_id.upper(), job_id.replace("-", ""), f"{{{job_id}}}"):
        error(await spool.http.get(f"{JOBS}/{other}"), 404, "job.not_found")


# waiting


async def test_waiting_ends_as_soon_as_the_job_does(spool: Spool, speech: bytes) -> None:
    spool.engine.hold.clear()
    job_id = await spool.take_in(speech)
    waiting = asyncio.create_task(spool.job(job_id, wait=300))
    await reached(spool, job_id, "Transcribing")
    assert not waiting.done()
    spool.engine.hold.set()
    async with asyncio.timeout(60):  # far less than the client would wait
        assert (await waiting)["status"] == "Completed"


async def test_waiting_ends_at_its_time_with_the_job_as_it_is(spool: Spool, speech: bytes) -> None:
    spool.engine.hold.clear()
    job_id = await spool.take_in(speech)
    for wait in (0, 0.05):
        job = await spool.job(job_id, wait=wait)
        assert job["finished_at"] is None
    spool.engine.hold.set()
    await spool.completed(job_id)


async def test_waiting_for_a_job_that_has_ended_does_not_wait(spool: Spool, quiet: bytes) -> None:
    job_id = await spool.take_in(quiet)
    await spool.completed(job_id)
    async with asyncio.timeout(30):
        assert (await spool.job(job_id, wait=300))["status"] == "Completed"


@pytest.mark.parametrize("wait", ["-1", "301", "nan", "inf", "1e999", "x", "", "1;2", "0x10"])
async def test_an_impossible_wait_is_refused(spool: Spool, quiet: bytes, wait: str) -> None:
    job_id = await spool.take_in(quiet)
    answer = await spool.http.get(f"{JOBS}/{job_id}", params={"wait": wait})
    assert "wait" in error(answer, 422, "request.invalid")["message"]


# lists


async def test_the_list_is_newest_first_and_comes_in_pages(spool: Spool, quiet: bytes) -> None:
    made = [await spool.take_in(quiet) for _ in range(5)]
    for job_id in made:
        await spool.completed(job_id)
    first = await page(spool, limit=3)
    second = await page(spool, limit=3, cursor=first["cursor"])
    ids = [job["job_id"] for job in first["jobs"] + second["jobs"]]
    assert ids[:5] == made[::-1]
    assert len(set(ids)) == 6


async def test_the_pages_end_and_hold_every_job_once(spool: Spool, quiet: bytes) -> None:
    await spool.completed(await spool.take_in(quiet))
    everything, cursor = [], ""
    while True:
        found = await page(spool, limit=4, **({"cursor": cursor} if cursor else {}))
        everything += [job["job_id"] for job in found["jobs"]]
        if found["cursor"] is None:
            break
        cursor = found["cursor"]
    assert len(everything) == len(set(everything)) == await spool.count()


async def test_the_list_is_filtered_by_status_in_any_case(spool: Spool, quiet: bytes) -> None:
    good, bad = await spool.take_in(quiet), await spool.take_in(b"no sound", "x.wav")
    await spool.ended(good)
    await spool.ended(bad)
    for status in ("failed", "Failed", "FAILED"):
        found = (await page(spool, status=status, limit=200))["jobs"]
        assert bad in [job["job_id"] for job in found]
        assert {job["status"] for job in found} == {"Failed"}
    completed = (await page(spool, status="Completed", limit=200))["jobs"]
    assert good in [job["job_id"] for job in completed]
    assert (await page(spool, status="cancelled")) == {"jobs": [], "cursor": None}


async def test_jobs_on_key_frames_are_listed_only_when_asked_for(
    spool: Spool, tmp_path: Path, jfk: Path
) -> None:
    film = make_video(tmp_path / "film.mp4", jfk).read_bytes()
    video = await spool.completed(await spool.take_in(film, "film.mp4"))
    frames = {frame["job_id"] for frame in await frames_of(spool, video["asset_id"])}
    for asked in ({}, {"status": "completed"}):
        found = (await page(spool, limit=200, **asked))["jobs"]
        assert video["job_id"] in {job["job_id"] for job in found}
        assert frames and not frames & {job["job_id"] for job in found}
        found = (await page(spool, limit=200, media_type="keyframe", **asked))["jobs"]
        assert frames <= {job["job_id"] for job in found}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("status", "done"),
        ("status", ""),
        ("media_type", "frames"),
        ("limit", "0"),
        ("limit", "201"),
        ("limit", "-1"),
        ("limit", "ten"),
        ("limit", "1.5"),
        ("limit", "9" * 5000),
        ("cursor", "x"),
        ("cursor", "AAAA"),
        ("cursor", "наука"),
        ("cursor", "W10"),
        ("cursor", "bnVsbA"),
        ("cursor", "x" * 501),
        ("cursr", "x"),
    ],
)
async def test_a_wrong_parameter_of_the_list_is_named(spool: Spool, name: str, value: str) -> None:
    answer = await spool.http.get(JOBS, params={name: value})
    assert name in error(answer, 422, "request.invalid")["message"]


async def test_a_parameter_given_twice_is_refused(spool: Spool) -> None:
    answer = await spool.http.get(f"{JOBS}?limit=1&limit=2")
    assert "limit" in error(answer, 422, "request.invalid")["message"]


# failures


async def test_a_failed_window_is_tried_again_and_told(spool: Spool, speech: bytes) -> None:
    spool.engine.failures = {1: [EngineCrashed("the worker process died")]}
    job = await spool.completed(await spool.take_in(speech))
    assert job["attempts"] == 2
    assert [attempt["error_code"] for attempt in job["history"]] == ["engine.crashed", None]
    assert sorted(spool.engine.heard) == [0, 1, 2]


async def test_the_last_attempt_fails_the_job_with_its_history(spool: Spool, speech: bytes) -> None:
    spool.engine.failures = {0: [EngineError("once"), EngineError("twice")]}
    job = await spool.ended(await spool.take_in(speech))
    assert (job["status"], job["attempts"]) == ("Failed", 2)
    assert job["error"] == {"code": "engine.failed", "message": "twice", "hint": None}
    assert [attempt["error_message"] for attempt in job["history"]] == ["once", "twice"]
    assert [attempt["stage"] for attempt in job["history"]] == ["transcribing"] * 2


@pytest.mark.parametrize(
    ("name", "content", "code"),
    [
        ("page.wav", b"<!DOCTYPE html><html></html>" * 50, "media.unreadable"),
        ("page.mp4", b"<!DOCTYPE html><html></html>" * 50, "media.unreadable"),
        ("noise.mp3", bytes(range(256)) * 4, "media.unreadable"),
        ("noise.mp4", Random(24).randbytes(300_000), "media.unreadable"),
        ("zip.mp4", zipped(bytes(20_000_000)), "media.unreadable"),
        ("gzip.wav", gzip.compress(bytes(20_000_000)), "media.unreadable"),
        ("gzip.png", gzip.compress(bytes(20_000_000)), "media.unreadable"),
        ("head.wav", b"RIFF\x24\x00\x00\x00WAVEfmt ", "media.unreadable"),
        ("playlist.m3u8", b"#EXTM3U\n#EXTINF:1,\nfile:///etc/passwd\n", "media.unreadable"),
        ("list.concat", b"ffconcat version 1.0\nfile /etc/passwd\n", "media.unreadable"),
        ("one.bin", b"\0", "media.unreadable"),
    ],
)
async def test_what_is_no_medium_fails_at_once_with_code_and_reason(
    spool: Spool, quiet: bytes, name: str, content: bytes, code: str
) -> None:
    job = await spool.ended(await spool.take_in(content, name))
    assert (job["status"], job["attempts"], job["error"]["code"]) == ("Failed", 1, code)
    assert job["error"]["message"] and str(spool.data) not in job["error"]["message"]
    await spool.completed(await spool.take_in(quiet))


async def test_a_truncated_video_fails_with_the_words_of_ffmpeg(
    spool: Spool, tmp_path: Path
) -> None:
    whole = make_video(tmp_path / "whole.mp4", silence(tmp_path / "s.wav", 2.0)).read_bytes()
    job = await spool.ended(await spool.take_in(whole[: len(whole) // 2], "cut.mp4"))
    assert (job["status"], job["attempts"]) == ("Failed", 1)
    assert job["error"]["code"] == "media.unreadable"
    assert "moov atom not found" in job["error"]["message"]


async def test_a_video_without_sound_completes_with_a_warning(spool: Spool, tmp_path: Path) -> None:
    mute = make_video(tmp_path / "mute.mp4", None).read_bytes()
    job = await spool.ended(await spool.take_in(mute, "mute.mp4"))
    assert job["status"] == "Completed"
    codes = {warning["code"] for warning in job["warnings"]}
    assert codes - {"keyframes.unread"} == {"media.no_audio"}  # a lean install reads no pictures


async def test_a_medium_with_neither_sound_nor_picture_fails_as_such(
    spool: Spool, tmp_path: Path
) -> None:
    mute = make_video(tmp_path / "mute.mp4", None).read_bytes()
    job = await spool.ended(await spool.take_in(mute, "mute.m4a"))
    assert (job["status"], job["attempts"]) == ("Failed", 1)
    assert job["error"]["code"] == "media.no_audio"


async def test_every_broken_file_ends_and_the_service_goes_on(
    spool: Spool, quiet: bytes, corpus: Path
) -> None:
    """Some of them hold sound that can be saved; none may hang, nor cost the service."""
    files = [path for path in sorted((corpus / "malformed").iterdir()) if path.suffix != ".tsv"]
    for path in files:
        content = path.read_bytes()
        answer = await spool.http.post(f"{INGEST}?filename={path.name}", content=content)
        if not content:
            error(answer, 422)
            continue
        job = await spool.ended(answer.json()["job_id"])
        if job["status"] == "Failed":
            assert job["error"]["code"].startswith("media."), (path.name, job["error"])
            assert job["attempts"] == 1 and job["error"]["message"]
        else:
            seen = job["options"].get("media_type") == "image"
            assert job["status"] == "Completed" and (seen or job["duration"] > 0), path.name
    for name in ("d_html_named.wav", "d_no_moov.mp4", "missing_wav_header.wav"):
        found = (await page(spool, status="failed", limit=200))["jobs"]
        assert name in [job["source"]["name"] for job in found]
    await spool.completed(await spool.take_in(quiet))


async def test_jobs_outlive_the_service(tmp_path: Path, model_folder: Path, speech: bytes) -> None:
    """Stopped in mid-job, it goes on at the next start, where it was."""
    async with opened(tmp_path, model_folder) as before:
        before.engine.gates = {1: asyncio.Event(), 2: asyncio.Event()}
        job_id = await before.take_in(speech)
        async with asyncio.timeout(60):
            while before.engine.heard != [0]:
                await before.job(job_id)
    (tmp_path / "media").rmdir()
    async with opened(tmp_path, model_folder) as after:
        job = await after.completed(job_id)
        assert job["attempts"] == 1
        assert sorted(after.engine.heard) in ([1, 2], [0, 1, 2])
        answer = await after.http.get(job["result_url"])
        assert answer.json()["transcript"] == "window 0 window 1 window 2"
