"""The whole service with its files in a bucket: nothing but what is worked on lies on its disk."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from pytest_httpserver import HTTPServer

from app.domain.errors import ConfigError
from app.domain.jobs import KEPT_IN
from tests.api import tus
from tests.api.spool import INGEST, Spool, opened
from tests.api.tus import VERSION, created, send
from tests.buckets import Buckets
from tests.pictures import page

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest.fixture(scope="module")
def bucket(s3_server: Buckets) -> str:
    return s3_server.made()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def open_spool(
    tmp_path_factory: pytest.TempPathFactory, model_folder: Path, s3_server: Buckets, bucket: str
) -> AsyncIterator[Spool]:
    folder = tmp_path_factory.mktemp("spool")
    storage, large = kept_in(s3_server, bucket), {"max_file_size": 1 << 50}
    async with opened(folder, model_folder, storage=storage, ingestion=large) as spool:
        yield spool


def kept_in(server: Buckets, bucket: str) -> dict[str, Any]:
    return {"files_url": bucket, "store_options": server.options}


def keys(server: Buckets, bucket: str) -> set[str]:
    """But for the index."""
    import obstore

    from app.adapters.object_store import open_store

    found = obstore.list(open_store(bucket, server.options)).collect()
    return {each["path"] for each in found if not each["path"].startswith("index/")}


def on_disk(spool: Spool) -> list[Path]:
    """Files of jobs."""
    scratch = [path for path in (spool.data / "scratch").rglob("*") if path.is_file()]
    kept = [path for name in KEPT_IN for path in (spool.data / name).rglob("*") if path.is_file()]
    return [*scratch, *kept]


def content(file: Path) -> bytes:
    return file.read_bytes()


async def hits(spool: Spool, word: str) -> list[dict[str, Any]]:
    """Returns as soon as there are any: after a start the index is opened behind the doors."""
    async with asyncio.timeout(60):
        while True:
            asked = {"q": word, "mode": "keyword"}
            answer = await spool.http.get("/api/v1/search", params=asked)
            if answer.status_code == 200 and (found := answer.json()["hits"]):
                return list(found)
            await asyncio.sleep(0.1)


async def test_a_talk_is_heard_played_and_deleted(
    spool: Spool, speech: bytes, s3_server: Buckets, bucket: str
) -> None:
    job = await spool.completed(await spool.take_in(speech, "talk.flac"))
    job_id = job["job_id"]
    assert {f"audio_jobs/{job_id}.flac", f"results/{job_id}.json"} <= keys(s3_server, bucket)
    assert f"waveforms/{job_id}.json" in keys(s3_server, bucket)
    assert on_disk(spool) == []
    whole = await spool.http.get(f"/api/v1/media/{job['asset_id']}")
    assert whole.content == speech
    piece = await spool.http.get(
        f"/api/v1/media/{job['asset_id']}", headers={"Range": "bytes=1000-1999"}
    )
    assert (piece.status_code, piece.content) == (206, speech[1000:2000])
    assert (await spool.http.get(f"/api/v1/waveforms/{job['asset_id']}")).status_code == 200
    assert (await spool.http.delete(f"/api/v1/jobs/{job_id}")).status_code < 300
    assert not [key for key in keys(s3_server, bucket) if job_id in key]


async def test_an_upload_in_pieces_becomes_one_object(
    spool: Spool, quiet: bytes, s3_server: Buckets, bucket: str
) -> None:
    url = await created(spool.http, len(quiet), filename="quiet.wav")
    half = len(quiet) // 2
    await send(spool.http, url, 0, quiet[:half])
    assert [key for key in keys(s3_server, bucket) if key.startswith("uploads/")]
    looked = await tus.look(spool.http, url)
    assert looked.headers["upload-offset"] == str(half)
    await send(spool.http, url, half, quiet[half:])
    job_id = url.rpartition("/")[2]
    job = await spool.completed(job_id)
    assert (await spool.http.get(f"/api/v1/media/{job['asset_id']}")).content == quiet
    assert not [key for key in keys(s3_server, bucket) if key.startswith("uploads/")]
    assert (await spool.http.delete(url, headers=VERSION)).status_code == 204


async def test_an_upload_that_no_bucket_could_put_together_is_not_begun(spool: Spool) -> None:
    """All of it was taken in, in vain: it was neither a job nor refused, for ever."""
    from app.adapters.object_store.storage import MOST

    told = await spool.http.options("/api/v1/uploads")
    assert told.headers["tus-max-size"] == str(MOST)
    answer = await spool.http.post(
        "/api/v1/uploads", headers=VERSION | {"Upload-Length": str(MOST + 1)}
    )
    assert answer.status_code == 413


async def test_a_picture_is_found_and_shown_small(
    spool: Spool, tmp_path: Path, s3_server: Buckets, bucket: str
) -> None:
    slide = page(tmp_path / "slide.png", ["Budget for the harbour", "zeppelin mooring fees"])
    job_id = (await spool.completed(await spool.take_in(content(slide), slide.name)))["job_id"]
    assert f"thumbnails/{job_id}.jpg" in keys(s3_server, bucket)
    [hit] = await hits(spool, "zeppelin")
    small = await spool.http.get(hit["thumbnail"])
    assert (small.status_code, small.headers["content-type"]) == (200, "image/jpeg")
    assert on_disk(spool) == []


async def test_after_a_new_start_all_is_there_but_what_was_deleted(
    s3_server: Buckets, tmp_path: Path, jfk: Path, model_folder: Path
) -> None:
    storage = kept_in(s3_server, bucket := s3_server.made()) | {"data_dir": tmp_path / "data"}
    async with opened(tmp_path / "once", model_folder, storage=storage) as spool:
        spool.engine.texts = {0: " Ask not what your country can do for you."}
        kept, gone = [await spool.take_in(content(jfk), "jfk.flac") for _ in range(2)]
        half = await created(spool.http, len(content(jfk)), filename="jfk.flac")
        await send(spool.http, half, 0, content(jfk)[:5000])
        for job_id in (kept, gone):
            await spool.completed(job_id)
        assert (await spool.http.delete(f"/api/v1/jobs/{gone}")).is_success
    before = keys(s3_server, bucket)
    async with opened(tmp_path / "again", model_folder, storage=storage) as spool:
        assert keys(s3_server, bucket) == before
        assert {hit["asset_id"] for hit in await hits(spool, "country")} == {kept}
        assert (await spool.http.get(f"/api/v1/media/{kept}")).content == content(jfk)
        result = await spool.http.get(f"/api/v1/jobs/{kept}/result")
        assert "country" in result.json()["transcript"]
        await send(spool.http, half, 5000, content(jfk)[5000:])
        job = await spool.completed(half.rpartition("/")[2])
        assert (await spool.http.get(f"/api/v1/media/{job['asset_id']}")).content == content(jfk)


async def test_a_bucket_of_another_database_is_left_alone(
    open_spool: Spool, s3_server: Buckets, bucket: str, tmp_path: Path, model_folder: Path
) -> None:
    """A second service with a data folder of its own swept away the files of the first."""
    before = keys(s3_server, bucket)
    with pytest.raises(ConfigError, match="another database"):
        async with opened(tmp_path, model_folder, storage=kept_in(s3_server, bucket)):
            raise AssertionError
    assert keys(s3_server, bucket) == before


async def test_what_a_url_led_to_is_kept_in_the_bucket(
    spool: Spool, quiet: bytes, s3_server: Buckets, bucket: str, media_server: HTTPServer
) -> None:
    media_server.expect_request("/quiet.wav").respond_with_data(quiet)
    answer = await spool.http.post(INGEST, json={"url": media_server.url_for("/quiet.wav")})
    job = await spool.completed(answer.json()["job_id"])
    assert f"audio_jobs/{job['job_id']}.wav" in keys(s3_server, bucket)
    assert (await spool.http.get(f"/api/v1/media/{job['asset_id']}")).content == quiet
    assert on_disk(spool) == []
