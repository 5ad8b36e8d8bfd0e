"""A backup of a service whose files are in a bucket is a service anywhere, and the other way
round."""

from pathlib import Path
from typing import Any

import pytest

from app.bootstrap.backups import back_up, check_backup, restore
from app.config import AppSettings, load_settings
from app.domain.errors import ConfigError
from tests.api import tus
from tests.api.spool import Spool, opened
from tests.api.tus import created, send
from tests.buckets import Buckets

pytestmark = pytest.mark.asyncio(loop_scope="module")
HALF = 3000  # bytes


@pytest.fixture
def backup(tmp_path: Path) -> Path:
    return tmp_path / "backup"


def storage(server: Buckets, data: Path, *, bucket: bool) -> dict[str, Any]:
    there = {"files_url": server.made(), "store_options": server.options}
    return {"data_dir": data} | (there if bucket else {})


def settings(storage: dict[str, Any]) -> AppSettings:
    return load_settings(storage=storage)


async def taken_in(spool: Spool, speech: bytes) -> tuple[str, str]:
    """A job that is done, and the URL of an upload under way."""
    job_id = await spool.take_in(speech, "talk.flac")
    upload = await created(spool.http, len(speech), filename="talk.flac")
    await send(spool.http, upload, 0, speech[:HALF])
    await spool.completed(job_id)
    return job_id, upload


async def is_whole(spool: Spool, speech: bytes, job_id: str, upload: str) -> None:
    job = await spool.job(job_id)
    assert (await spool.http.get(f"/api/v1/media/{job['asset_id']}")).content == speech
    assert (await spool.http.get(f"/api/v1/waveforms/{job['asset_id']}")).is_success
    assert await tus.offset(spool.http, upload) == HALF
    await send(spool.http, upload, HALF, speech[HALF:])
    job = await spool.completed(upload.rpartition("/")[2])
    assert (await spool.http.get(f"/api/v1/media/{job['asset_id']}")).content == speech


@pytest.mark.parametrize(("before", "after"), [(True, True), (True, False), (False, True)])
async def test_what_is_heard_and_what_is_half_sent_comes_back(
    speech: bytes,
    s3_server: Buckets,
    model_folder: Path,
    backup: Path,
    tmp_path: Path,
    before: bool,
    after: bool,
) -> None:
    ours = storage(s3_server, tmp_path / "data", bucket=before)
    async with opened(tmp_path / "once", model_folder, storage=ours) as spool:
        job_id, upload = await taken_in(spool, speech)
        manifest = await back_up(settings(ours), backup)
    assert (manifest.missing, manifest.jobs) == ((), 1)
    assert await check_backup(settings(ours), backup) == (manifest, [])
    theirs = storage(s3_server, tmp_path / "other", bucket=after)
    assert await restore(settings(theirs), backup, replace=False) == manifest
    async with opened(tmp_path / "again", model_folder, storage=theirs) as spool:
        await is_whole(spool, speech, job_id, upload)
        assert not (spool.data / "quarantine").exists()


async def test_a_backup_takes_nothing_from_a_service_at_work(
    speech: bytes, s3_server: Buckets, model_folder: Path, backup: Path, tmp_path: Path
) -> None:
    """A store that is opened for a start empties the folder in which jobs are worked on."""
    ours = storage(s3_server, tmp_path / "data", bucket=True)
    async with opened(tmp_path / "once", model_folder, storage=ours) as spool:
        await taken_in(spool, speech)
        copy = spool.data / "scratch" / "pcm" / "worked-on"
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.touch()
        await back_up(settings(ours), backup)
        assert copy.exists()


async def test_a_bucket_with_files_of_jobs_is_not_written_over(
    speech: bytes, s3_server: Buckets, model_folder: Path, backup: Path, tmp_path: Path
) -> None:
    ours = storage(s3_server, tmp_path / "data", bucket=True)
    async with opened(tmp_path / "once", model_folder, storage=ours) as spool:
        await taken_in(spool, speech)
        await back_up(settings(ours), backup)
    into = settings(ours | {"data_dir": tmp_path / "other"})
    for replace in (False, True):
        with pytest.raises(ConfigError, match="files of jobs already"):
            await restore(into, backup, replace=replace)
    assert not (tmp_path / "other" / "spool.db").exists()
