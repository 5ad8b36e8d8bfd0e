"""`/api/v1/uploads`: tus 1.0, header by header, and the job at the end."""

import asyncio
import hashlib
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from email.utils import parsedate_to_datetime
from pathlib import Path

import httpx2
import pytest

from app.domain.clock import utc_now
from tests.api import tus
from tests.api.spool import MAX_FILE_SIZE, Spool, calling, error, in_chunks, opened
from tests.api.tus import UPLOADS, VERSION, created, offset, send

pytestmark = pytest.mark.asyncio(loop_scope="module")

UNKNOWN = f"{UPLOADS}/00000000-0000-4000-8000-000000000000"


def job_id(url: str) -> str:
    return url.rpartition("/")[2]


def growing(spool: Spool) -> list[str]:
    return sorted(path.name for path in (spool.data / "uploads").glob("*"))


# the whole way


async def test_an_upload_in_pieces_becomes_a_job_under_its_own_id(
    spool: Spool, quiet: bytes
) -> None:
    url = await created(spool.http, len(quiet), filename="talk.wav", title="A talk", labels="a,b")
    half = len(quiet) // 2
    answer = await send(spool.http, url, 0, quiet[:half])
    assert (answer.status_code, answer.headers["upload-offset"]) == (204, str(half))
    assert "spool-job-id" not in answer.headers
    assert (await spool.http.get(f"/api/v1/jobs/{job_id(url)}")).status_code == 404
    answer = await send(spool.http, url, half, quiet[half:])
    assert answer.status_code == 204
    assert answer.headers["spool-job-id"] == job_id(url)
    assert answer.headers["spool-job-url"] == f"/api/v1/jobs/{job_id(url)}"
    job = await spool.completed(job_id(url))
    assert job["source"] == {"kind": "upload", "name": "talk.wav"}
    assert (job["title"], job["options"]["labels"]) == ("A talk", ["a", "b"])
    [kept] = spool.data.glob(f"audio_jobs/{job_id(url)}.wav")
    assert kept.read_bytes() == quiet
    assert job_id(url) not in growing(spool)


async def test_its_hash_finds_it_again(spool: Spool, quiet: bytes) -> None:
    content = quiet + b"\0\0"
    url = await created(spool.http, len(content), filename="talk.wav")
    await send(spool.http, url, 0, content)
    await spool.completed(job_id(url))
    again = {"filename": "talk.wav", "dedupe": "true"}
    answer = await spool.http.post("/api/v1/ingest", params=again, content=content)
    assert answer.json()["job_id"] == job_id(url)


async def test_a_finished_one_is_still_told_of(spool: Spool, quiet: bytes) -> None:
    url = await created(spool.http, len(quiet), filename="talk.wav")
    await send(spool.http, url, 0, quiet)
    answer = await tus.look(spool.http, url)
    assert answer.status_code == 200
    assert answer.headers["upload-offset"] == answer.headers["upload-length"] == str(len(quiet))
    assert answer.headers["spool-job-id"] == job_id(url)
    again = await send(spool.http, url, len(quiet), b"")
    assert (again.status_code, again.headers["spool-job-id"]) == (204, job_id(url))
    assert (await spool.http.delete(url, headers=VERSION)).status_code == 204
    assert (await spool.completed(job_id(url)))["job_id"] == job_id(url)


async def test_without_metadata_it_is_an_upload_without_a_name(spool: Spool, quiet: bytes) -> None:
    headers = VERSION | {"Upload-Length": str(len(quiet))}
    answer = await spool.http.post(UPLOADS, headers=headers)
    url = answer.headers["location"]
    await send(spool.http, url, 0, quiet)
    assert (await spool.completed(job_id(url)))["source"]["name"] == "upload"


# what is told


@pytest.mark.parametrize("path", [UPLOADS, UNKNOWN])
async def test_options_tell_what_there_is(spool: Spool, path: str) -> None:
    answer = await spool.http.options(path)
    assert answer.status_code == 204
    assert answer.headers["tus-version"] == "1.0.0"
    assert answer.headers["tus-extension"] == "creation,expiration,checksum,termination"
    assert answer.headers["tus-max-size"] == str(MAX_FILE_SIZE)
    assert answer.headers["tus-checksum-algorithm"] == "sha1,sha256,md5"


async def test_creation_says_where_and_until_when(spool: Spool) -> None:
    answer = await tus.create(spool.http, 5, filename="ö.wav")
    assert (answer.status_code, answer.headers["upload-offset"]) == (201, "0")
    assert answer.headers["location"].startswith(f"{UPLOADS}/")
    assert answer.headers["tus-resumable"] == "1.0.0"
    until = parsedate_to_datetime(answer.headers["upload-expires"])
    assert 86000 < (until - utc_now()).total_seconds() <= 86400


async def test_head_tells_where_to_go_on(spool: Spool) -> None:
    url = await created(spool.http, 5, filename="ö.wav", filetype="audio/wav")
    await send(spool.http, url, 0, b"abc")
    answer = await tus.look(spool.http, url)
    assert (answer.status_code, answer.content) == (200, b"")
    said = {name: answer.headers[name] for name in ("upload-offset", "upload-length")}
    assert said == {"upload-offset": "3", "upload-length": "5"}
    given = tus.metadata(filename="ö.wav", filetype="audio/wav")
    assert answer.headers["upload-metadata"] == given
    assert answer.headers["cache-control"] == "no-store"
    assert "upload-expires" in answer.headers
    assert "spool-job-id" not in answer.headers


# creation that is refused


@pytest.mark.parametrize(
    ("headers", "status", "said"),
    [
        ({}, 400, "Upload-Length: is missing"),
        ({"Upload-Length": "x"}, 400, "Upload-Length"),
        ({"Upload-Length": "-1"}, 400, "Upload-Length"),
        ({"Upload-Length": "1.5"}, 400, "Upload-Length"),
        ({"Upload-Length": "9" * 40}, 400, "Upload-Length"),
        ({"Upload-Defer-Length": "1"}, 400, "Upload-Defer-Length"),
        ({"Upload-Length": "0"}, 422, "no bytes"),
        ({"Upload-Length": str(MAX_FILE_SIZE + 1)}, 413, str(MAX_FILE_SIZE)),
        ({"Upload-Length": "9" * 18}, 413, str(MAX_FILE_SIZE)),
    ],
)
async def test_a_length_that_cannot_be_is_refused(
    spool: Spool, headers: dict[str, str], status: int, said: str
) -> None:
    answer = await spool.http.post(UPLOADS, headers=VERSION | headers)
    assert said in error(answer, status)["message"]
    assert answer.headers["tus-resumable"] == "1.0.0"


@pytest.mark.parametrize(
    ("said", "status", "named"),
    [
        ("task c2luZw==", 422, "task"),
        ("languge ZW4=", 422, "languge"),
        ("language eHg=", 422, "xx"),
        ("provider bm9uZQ==", 422, "none"),
        ("webhook_url aHR0cDovLzEwLjAuMC4xLw==", 403, "public address"),
        ("dedupe dHJ1ZQ==", 422, "dedupe"),
        ("title", 422, "title"),
        ("title YQ==,title Yg==", 422, "given twice"),
        ("title /w==", 422, "UTF-8"),
        ("title !!", 400, "Base64"),
        ("title YQ", 400, "Base64"),
        ("title YQ== YQ==", 400, "Base64"),
        (" YQ==", 422, "YQ=="),
        ("filename AAA=", 422, "filename"),
    ],
)
async def test_metadata_are_checked_before_anything_travels(
    spool: Spool, said: str, status: int, named: str
) -> None:
    headers = {"Upload-Length": "5", "Upload-Metadata": said}
    answer = await spool.http.post(UPLOADS, headers=VERSION | headers)
    found = error(answer, status)
    assert named in f"{found['message']} {found['hint']}"


async def test_an_upload_that_does_not_fit_on_the_disk_is_refused(
    tmp_path: Path, model_folder: Path
) -> None:
    never = 1 << 60
    async with opened(
        tmp_path, model_folder, storage={"low_water": never, "high_water": never}
    ) as spool:
        answer = await tus.create(spool.http, 5)
        error(answer, 507, "storage.full")
        assert "retry-after" in answer.headers


# chunks that are refused


@pytest.fixture
async def begun(spool: Spool) -> AsyncIterator[str]:
    """Five bytes are announced, two are here; and so it is afterwards."""
    url = await created(spool.http, 5, filename="talk.wav")
    assert (await send(spool.http, url, 0, b"ab")).status_code == 204
    yield url
    assert await offset(spool.http, url) == 2


@pytest.mark.parametrize("version", [None, "0.2.2", "1.0", ""])
async def test_another_version_of_tus_is_refused(
    spool: Spool, begun: str, version: str | None
) -> None:
    headers = {} if version is None else {"Tus-Resumable": version}
    chunk = {"Upload-Offset": "2", "Content-Type": tus.CHUNK}
    for answer in (
        await spool.http.post(UPLOADS, headers=headers | {"Upload-Length": "5"}),
        await spool.http.head(begun, headers=headers),
        await spool.http.patch(begun, headers=headers | chunk, content=b"cde"),
        await spool.http.delete(begun, headers=headers),
    ):
        assert answer.status_code == 412
        assert answer.headers["tus-version"] == "1.0.0"


async def test_a_chunk_says_where_it_goes_on(spool: Spool, begun: str) -> None:
    for wrong in ("0", "1", "3", "5", "999999999999999999"):
        answer = await send(spool.http, begun, 0, b"cde", Upload_Offset=wrong)
        error(answer, 409, "upload.offset")
    for wrong in ("", "-2", "two", "2.0", "9" * 30):
        answer = await send(spool.http, begun, 0, b"cde", Upload_Offset=wrong)
        error(answer, 400, "upload.header")
    headers = VERSION | {"Content-Type": tus.CHUNK}
    error(await spool.http.patch(begun, headers=headers, content=b"cde"), 400, "upload.header")


async def test_a_chunk_has_its_content_type(spool: Spool, begun: str) -> None:
    for wrong in ("application/octet-stream", "", "text/plain", "audio/wav"):
        answer = await send(spool.http, begun, 2, b"cde", Content_Type=wrong)
        error(answer, 415, "upload.content_type")


async def test_more_bytes_than_were_announced_are_refused(spool: Spool, begun: str) -> None:
    error(await send(spool.http, begun, 2, b"cdef"), 413, "upload.too_large")
    answer = await send(spool.http, begun, 2, in_chunks(b"cdef"))  # does not tell its length
    error(answer, 413, "upload.too_large")


@pytest.mark.parametrize(
    "said", ["crc32 AAAA", "SHA1 AAAA", "sha1", "sha1 ", "sha1 !!", "", "sha1  AAAA", "AAAA"]
)
async def test_a_checksum_that_is_none_is_refused(spool: Spool, begun: str, said: str) -> None:
    answer = await send(spool.http, begun, 2, b"cde", Upload_Checksum=said)
    assert answer.status_code in (400, 460), answer.text
    assert (answer.status_code == 460) == (said in ("sha1", "sha1 ")), "no digest is another one"


@pytest.mark.parametrize("algorithm", ["sha1", "sha256", "md5"])
async def test_a_chunk_with_a_wrong_checksum_is_dropped(
    spool: Spool, begun: str, algorithm: str
) -> None:
    wrong = tus.checksum(b"cdx", algorithm)
    answer = await send(spool.http, begun, 2, b"cde", **wrong)
    error(answer, 460, "upload.checksum_mismatch")
    [size] = [path.stat().st_size for path in spool.data.glob(f"uploads/{job_id(begun)}")]
    assert size == 2


@pytest.mark.parametrize("algorithm", ["sha1", "sha256", "md5"])
async def test_a_chunk_with_its_checksum_is_kept(
    spool: Spool, quiet: bytes, algorithm: str
) -> None:
    url = await created(spool.http, len(quiet), filename="talk.wav")
    for first in range(0, len(quiet), 5000):
        chunk = quiet[first : first + 5000]
        answer = await send(spool.http, url, first, chunk, **tus.checksum(chunk, algorithm))
        assert answer.status_code == 204, answer.text
    await spool.completed(job_id(url))


# uploads that are not there


async def test_an_unknown_upload_is_not_found(spool: Spool) -> None:
    for url in (UNKNOWN, f"{UPLOADS}/x", f"{UPLOADS}/%00"):
        assert (await tus.look(spool.http, url)).status_code == 404
        error(await send(spool.http, url, 0, b"x"), 404, "upload.not_found")
        error(await spool.http.delete(url, headers=VERSION), 404, "upload.not_found")


async def test_an_upload_can_be_given_up(spool: Spool) -> None:
    url = await created(spool.http, 5)
    await send(spool.http, url, 0, b"abc")
    assert job_id(url) in growing(spool)
    answer = await spool.http.delete(url, headers=VERSION)
    assert (answer.status_code, answer.headers["tus-resumable"]) == (204, "1.0.0")
    assert job_id(url) not in growing(spool)
    assert (await tus.look(spool.http, url)).status_code == 404


async def test_an_upload_whose_bytes_are_gone_is_not_found(spool: Spool) -> None:
    url = await created(spool.http, 5)
    await send(spool.http, url, 0, b"abc")
    (spool.data / "uploads" / job_id(url)).unlink()
    error(await send(spool.http, url, 3, b"de"), 404, "upload.not_found")
    assert (await tus.look(spool.http, url)).status_code == 404


# clients that cannot say PATCH


async def test_a_post_may_stand_for_another_method(spool: Spool) -> None:
    url = await created(spool.http, 5)
    chunk = {"Upload-Offset": "0", "Content-Type": tus.CHUNK, "X-HTTP-Method-Override": "PATCH"}
    answer = await spool.http.post(url, headers=VERSION | chunk, content=b"abc")
    assert (answer.status_code, answer.headers["upload-offset"]) == (204, "3")
    gone = VERSION | {"X-HTTP-Method-Override": "DELETE"}
    assert (await spool.http.post(url, headers=gone)).status_code == 204
    assert (await tus.look(spool.http, url)).status_code == 404


@pytest.mark.parametrize("method", ["GET", "PUT", "POST", "", "CONNECT"])
async def test_a_post_stands_for_no_other_method(spool: Spool, begun: str, method: str) -> None:
    answer = await spool.http.post(begun, headers=VERSION | {"X-HTTP-Method-Override": method})
    error(answer, 400, "upload.header")


# several at once


async def test_who_comes_later_takes_over(spool: Spool, quiet: bytes) -> None:
    """As when the client's line is dead, and the service does not know yet."""
    url = await created(spool.http, len(quiet), filename="talk.wav")
    stalled = asyncio.Event()

    async def stalling() -> AsyncIterator[bytes]:
        yield quiet[:1000]
        stalled.set()
        await asyncio.Event().wait()

    first = asyncio.ensure_future(send(spool.http, url, 0, stalling()))
    await stalled.wait()
    assert await offset(spool.http, url) == 1000
    error(await first, 423, "upload.locked")
    assert (await send(spool.http, url, 1000, quiet[1000:])).status_code == 204
    await spool.completed(job_id(url))


async def test_of_many_that_write_at_once_no_two_mix(spool: Spool, quiet: bytes) -> None:
    url = await created(spool.http, len(quiet), filename="talk.wav")
    answers = await asyncio.gather(
        *(send(spool.http, url, 0, in_chunks(quiet, 500)) for _ in range(8))
    )
    assert {answer.status_code for answer in answers} <= {204, 409, 423}
    while (here := await offset(spool.http, url)) < len(quiet):
        assert (await send(spool.http, url, here, quiet[here:])).status_code == 204
    await spool.completed(job_id(url))
    [kept] = spool.data.glob(f"audio_jobs/{job_id(url)}.wav")
    assert hashlib.sha256(kept.read_bytes()).digest() == hashlib.sha256(quiet).digest()


async def test_an_upload_that_is_given_up_under_way_leaves_nothing(
    spool: Spool, quiet: bytes
) -> None:
    url = await created(spool.http, len(quiet), filename="talk.wav")
    stalled = asyncio.Event()

    async def stalling() -> AsyncIterator[bytes]:
        yield quiet[:1000]
        stalled.set()
        await asyncio.Event().wait()

    first = asyncio.ensure_future(send(spool.http, url, 0, stalling()))
    await stalled.wait()
    assert (await spool.http.delete(url, headers=VERSION)).status_code == 204
    answer: httpx2.Response = await first
    error(answer, 423, "upload.locked")
    assert job_id(url) not in growing(spool)


# time


async def test_what_nothing_happens_to_expires(spool: Spool) -> None:
    url = await created(spool.http, 5)
    await send(spool.http, url, 0, b"abc")
    tomorrow = utc_now() + timedelta(seconds=86401)
    later = replace(spool.doors.uploads, clock=lambda: tomorrow)
    async with calling(replace(spool.doors, uploads=later)) as (_, http):
        assert (await tus.look(http, url)).status_code == 410
        error(await send(http, url, 3, b"de"), 410, "upload.expired")
        error(await http.delete(url, headers=VERSION), 410, "upload.expired")
