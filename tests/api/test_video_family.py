"""The `/video` family: what batch pipelines send and read."""

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest

from app.domain.errors import EngineRefused
from app.web.document import written
from app.web.table import DOORS
from app.web.video_operations import VideoResults, VideoStatus, VideoTicket
from tests import media
from tests.api.conformance import Conformance
from tests.api.spool import MAX_FILE_SIZE, Spool, error, in_chunks, multipart, refused

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest.fixture(scope="session")
def film(speech: bytes, tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """An MP4 with the sound of `speech`: three windows."""
    folder = tmp_path_factory.mktemp("film")
    (folder / "speech.flac").write_bytes(speech)
    return media.make_video(folder / "film.mp4", folder / "speech.flac").read_bytes()


@pytest.fixture(autouse=True)
def held_to_the_document(spool: Spool) -> Iterator[None]:
    """Every answer is one that the document tells of."""
    Conformance(written(DOORS)).watch(spool.http)
    yield
    spool.http.event_hooks = {}


async def submit(spool: Spool, content: bytes, name: str = "film.mp4") -> httpx2.Response:
    return await spool.http.post("/video/submit", files={"file": (name, content)})


async def submitted(spool: Spool, content: bytes, name: str = "film.mp4") -> str:
    answer = await submit(spool, content, name)
    assert answer.status_code == 200, answer.text
    VideoTicket.model_validate_json(answer.content, strict=True)
    assert answer.json().keys() == {"job_id"}
    return str(answer.json()["job_id"])


async def status(spool: Spool, job_id: str) -> dict[str, Any]:
    answer = await spool.http.get(f"/video/status/{job_id}")
    assert answer.status_code == 200, answer.text
    VideoStatus.model_validate_json(answer.content)
    found: dict[str, Any] = answer.json()
    assert found.keys() == {"job_id", "status", "progress"}
    return found


# POST /video/submit


@pytest.mark.parametrize("name", ["film.mp4", "Film.MP4", "film.wav", "film", "film.mp4.exe", "ф"])
async def test_an_mp4_is_stored_as_one_whatever_its_name(
    spool: Spool, film: bytes, name: str
) -> None:
    job_id = await submitted(spool, film, name)
    assert (spool.data / "video_jobs" / f"{job_id}.mp4").read_bytes() == film
    job = await spool.completed(job_id)
    assert job["source"]["name"].startswith(name)
    assert not list((spool.data / "audio_jobs").glob(f"{job_id}*"))


async def test_a_raw_body_and_one_in_tiny_pieces_are_taken_in_too(
    spool: Spool, film: bytes
) -> None:
    body, headers = multipart(("file", "film.mp4", film))
    for answer in (
        await spool.http.post("/video/submit", content=film),
        await spool.http.post("/video/submit", content=film, headers={"Content-Type": "video/mp4"}),
        await spool.http.post("/video/submit", content=in_chunks(body, 3), headers=headers),
    ):
        job_id = answer.json()["job_id"]
        assert (spool.data / "video_jobs" / f"{job_id}.mp4").read_bytes() == film
        await spool.completed(job_id)


async def test_what_is_no_mp4_is_refused_whatever_its_name(
    spool: Spool, speech: bytes, quiet: bytes, tmp_path: Path
) -> None:
    (tmp_path / "quiet.wav").write_bytes(quiet)
    matroska = media.make_video(tmp_path / "film.mkv", tmp_path / "quiet.wav").read_bytes()
    for content in (
        speech,
        quiet,
        matroska,
        b"",
        b"\0\0\0\x18ftyp",
        b"\0\0\0\x18ftypqt  \0\0\0\0",
        b"moov" * 10,
        b"<html>" * 10,
    ):
        found = await refused(spool, submit(spool, content), 415, "media.unsupported")
        assert "MP4" in found
    await refused(spool, spool.http.post("/video/submit", content=quiet), 415)
    await refused(spool, spool.http.post("/video/submit", json={"path": "x.mp4"}), 415)
    await refused(spool, spool.http.post("/video/submit"), 415)


async def test_what_is_wrong_about_the_form_is_refused_by_name(spool: Spool, film: bytes) -> None:
    file = ("file", "film.mp4", film)
    for parts, query, name in (
        ((("title", None, b"x"),), "", "title"),
        ((file, file), "", "file"),
        ((file, ("language", None, b"de")), "", "language"),
        ((file,), "?language=de", "language"),
    ):
        body, headers = multipart(*parts)
        answer = spool.http.post(f"/video/submit{query}", content=body, headers=headers)
        assert name in await refused(spool, answer, 422, "request.invalid")
    body, headers = multipart(file)
    answer = spool.http.post("/video/submit", content=body[:-20], headers=headers)
    await refused(spool, answer, 422, "request.invalid")
    answer = submit(spool, film[:100] + bytes(MAX_FILE_SIZE))
    await refused(spool, answer, 413, "upload.too_large")


# GET /video/status


async def test_progress_has_three_steps(spool: Spool, film: bytes) -> None:
    spool.engine.hold.clear()
    seen = []
    jobs = [await submitted(spool, film) for _ in range(3)]
    now = ""
    async with asyncio.timeout(60):
        while now != "running":
            now = (await status(spool, jobs[1]))["status"]
    first, last = [await status(spool, jobs[number]) for number in (0, 2)]
    assert first == {"job_id": jobs[0], "status": "running", "progress": 0.5}
    assert last == {"job_id": jobs[2], "status": "pending", "progress": 0}
    assert await results(spool, jobs[0]) == "running"
    assert await results(spool, jobs[2]) == "pending"
    spool.engine.hold.set()
    async with asyncio.timeout(60):
        while (told := await status(spool, jobs[2]))["status"] != "completed":
            seen.append(told["progress"])
            await asyncio.sleep(0)
    assert told == {"job_id": jobs[2], "status": "completed", "progress": 1.0}
    assert set(seen) <= {0, 0.5}


async def results(spool: Spool, job_id: str) -> str:
    """Refused with 404; returns which status it names."""
    found = error(await spool.http.get(f"/video/results/{job_id}"), 404, "job.not_completed")
    assert found["job_id"] == job_id
    return str(found["message"].split("the job is ")[1].split(":")[0])


async def test_a_job_that_failed_says_so_and_has_no_results(spool: Spool, film: bytes) -> None:
    spool.engine.failures = {0: [EngineRefused("no")]}
    job_id = await submitted(spool, film)
    await spool.ended(job_id)
    assert await status(spool, job_id) == {"job_id": job_id, "status": "failed", "progress": 0.5}
    assert await results(spool, job_id) == "failed"


async def test_a_job_that_was_cancelled_failed(spool: Spool, film: bytes) -> None:
    spool.engine.hold.clear()
    jobs = [await submitted(spool, film) for _ in range(3)]
    for job_id in jobs:
        await spool.http.post(f"/api/v1/jobs/{job_id}/cancel")
    told = [await status(spool, job_id) for job_id in jobs]
    assert {each["status"] for each in told} == {"failed"}
    assert {each["progress"] for each in told} <= {0, 0.5}
    assert await results(spool, jobs[-1]) == "failed"


# GET /video/results


async def test_results_are_there_once_it_completed(spool: Spool, film: bytes) -> None:
    job_id = await submitted(spool, film)
    await spool.completed(job_id)
    answer = await spool.http.get(f"/video/results/{job_id}")
    assert answer.status_code == 200
    VideoResults.model_validate_json(answer.content, strict=True)
    assert answer.json().keys() == {"job_id", "results"}
    found = answer.json()["results"]
    assert [each["text"] for each in found] == ["window 0", "window 1", "window 2"]
    assert {each["type"] for each in found} == {"segment"}
    assert all(each["start"] < each["end"] for each in found)


@pytest.mark.parametrize("url", ["/video/status/{}", "/video/results/{}"])
async def test_a_job_that_is_not_known_is_404(spool: Spool, url: str) -> None:
    for job_id in ("x", "8a3115af-c2de-4742-a779-7b2a71c34911", "%00", "a" * 5000):
        error(await spool.http.get(url.format(job_id)), 404, "job.not_found")
    answer = await spool.http.get(url.format("x"), params={"verbose": "1"})
    assert "verbose" in error(answer, 422, "request.invalid")["message"]


async def test_every_door_shows_the_same_job(spool: Spool, film: bytes) -> None:
    job_id = await submitted(spool, film)
    await spool.completed(job_id)
    assert (await spool.http.get(f"/status/{job_id}")).json()["status"] == "completed"
    assert (await spool.http.get(f"/result/{job_id}")).json()["transcript"]
