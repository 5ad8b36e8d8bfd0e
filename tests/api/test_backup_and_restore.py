"""A backup that is made beside a service at work is a whole service."""

import asyncio
import os
from pathlib import Path

import pytest

from app.bootstrap.backups import back_up, check_backup, restore
from app.config import AppSettings, load_settings
from app.domain.backups import DATABASE, FILES, LISTING, MANIFEST, listed_in
from app.domain.errors import ConfigError, InvalidRequest, NotFound, StorageError
from app.services.backup_check import BackupCheck
from tests.api.spool import Spool, opened

pytestmark = pytest.mark.asyncio(loop_scope="module")

TALK = "talks/newton"


def on(data: Path) -> AppSettings:
    return load_settings(storage={"data_dir": data})


async def found(spool: Spool, word: str) -> None:
    """Returns once it is: the index is built again meanwhile."""
    async with asyncio.timeout(60):
        while True:
            asked = {"q": word, "mode": "keyword"}
            answer = await spool.http.get("/api/v1/search", params=asked)
            if answer.status_code == 200 and answer.json()["hits"]:
                return
            await asyncio.sleep(0.1)


@pytest.fixture
def backup(tmp_path: Path) -> Path:
    return tmp_path / "backup"


def damage_in(folder: Path, name: str) -> None:
    file = folder / name
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 0xFF
    file.write_bytes(content)


async def test_what_was_heard_can_be_read_found_and_played_again(
    spool: Spool, speech: bytes, backup: Path, tmp_path: Path, model_folder: Path
) -> None:
    spool.engine.texts = {0: " The apple fell.", 1: " It is cold.", 2: " To the moon."}
    job_id = await spool.take_in(speech, "talk.flac", asset_id=TALK)
    await spool.completed(job_id)
    before = (await spool.http.get(f"/api/v1/jobs/{job_id}/result")).json()
    manifest = await back_up(on(spool.data), backup)
    assert manifest.missing == () and manifest.jobs >= 1
    told, damaged = await check_backup(on(spool.data), backup)
    assert (told, damaged) == (manifest, [])

    again = tmp_path / "again"
    assert await restore(on(again / "data"), backup, replace=False) == manifest
    async with opened(again, model_folder) as other:
        assert (await other.http.get(f"/api/v1/jobs/{job_id}/result")).json() == before
        assert (await other.http.get("/api/v1/media/talks%2Fnewton")).content == speech
        await found(other, "apple")
    assert not (again / "data" / "quarantine").exists()


async def test_it_is_for_its_owner_alone_and_keeps_the_secret_of_webhooks(
    spool: Spool, backup: Path, tmp_path: Path
) -> None:
    await back_up(on(spool.data), backup)
    secret = (spool.data / "webhook.secret").read_text()
    assert (backup / "webhook.secret").read_text() == secret
    assert os.stat(backup).st_mode & 0o777 == 0o700
    await restore(on(tmp_path / "data"), backup, replace=False)
    assert (tmp_path / "data" / "webhook.secret").read_text() == secret


async def test_files_without_a_job_are_not_in_it(spool: Spool, backup: Path) -> None:
    stray = spool.data / "audio_jobs" / "00000000-0000-4000-8000-000000000000.wav"
    stray.parent.mkdir(exist_ok=True)
    stray.write_bytes(b"nobody's")
    try:
        await back_up(on(spool.data), backup)
    finally:
        stray.unlink()
    assert not (backup / FILES / "audio_jobs" / stray.name).exists()


async def test_a_medium_that_was_gone_before_is_told(
    spool: Spool, quiet: bytes, backup: Path
) -> None:
    job_id = await spool.take_in(quiet)
    await spool.ended(job_id)
    key = f"audio_jobs/{job_id}.wav"
    (spool.data / key).unlink()
    assert (await back_up(on(spool.data), backup)).missing == (key,)
    await spool.http.delete(f"/api/v1/jobs/{job_id}")


@pytest.mark.parametrize("name", [DATABASE, LISTING])
async def test_what_is_harmed_is_named_and_not_put_back(
    spool: Spool, quiet: bytes, backup: Path, tmp_path: Path, name: str
) -> None:
    await spool.ended(await spool.take_in(quiet))
    await back_up(on(spool.data), backup)
    damage_in(backup, name)
    _, damaged = await check_backup(on(spool.data), backup)
    assert damaged == [f"{name} is not what it was"]
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "spool.db").touch()
    for replace in (False, True):  # nor is anything moved aside for it
        with pytest.raises(StorageError, match="is not what it was"):
            await restore(on(tmp_path / "data"), backup, replace=replace)
    assert os.listdir(tmp_path / "data") == ["spool.db"]


async def test_a_file_that_is_harmed_or_gone_is_named(
    spool: Spool, quiet: bytes, backup: Path, tmp_path: Path
) -> None:
    for _ in range(2):
        await spool.ended(await spool.take_in(quiet))
    await back_up(on(spool.data), backup)
    harmed, gone = [one.key for one in listed_in((backup / LISTING).read_bytes())][:2]
    damage_in(backup, f"{FILES}/{harmed}")
    (backup / FILES / gone).unlink()
    _, damaged = await check_backup(on(spool.data), backup)
    assert len(damaged) == 2 and all(any(key in line for line in damaged) for key in (harmed, gone))
    with pytest.raises(StorageError, match=r"damaged: .*, and 1 more"):
        await restore(on(tmp_path / "data"), backup, replace=False)


@pytest.mark.parametrize("replace", [False, True])
async def test_after_a_damaged_one_the_good_one_goes_to_the_same_place(
    spool: Spool, quiet: bytes, backup: Path, tmp_path: Path, replace: bool
) -> None:
    """A byte too many in one file: that is seen before another file is written or moved."""
    await spool.ended(await spool.take_in(quiet))
    manifest = await back_up(on(spool.data), backup)
    last = backup / FILES / listed_in((backup / LISTING).read_bytes())[-1].key
    good, data = last.read_bytes(), tmp_path / "data"
    last.write_bytes(good + b"x")
    data.mkdir()
    if replace:
        (data / "old").touch()
    before = set(os.listdir(data)) | {".spool.lock"}
    with pytest.raises(StorageError, match="is not what it was"):
        await restore(on(data), backup, replace=replace)
    assert set(os.listdir(data)) == before
    last.write_bytes(good)
    assert await restore(on(data), backup, replace=replace) == manifest


async def test_a_file_that_is_harmed_after_it_was_looked_at_is_named_as_it_is_copied(
    spool: Spool, quiet: bytes, backup: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await spool.ended(await spool.take_in(quiet))
    await back_up(on(spool.data), backup)
    harmed = listed_in((backup / LISTING).read_bytes())[-1].key

    async def nothing(self: BackupCheck) -> list[str]:
        damage_in(backup, f"{FILES}/{harmed}")
        return []

    monkeypatch.setattr(BackupCheck, "rows_and_files", nothing)
    with pytest.raises(StorageError, match="is not what it was"):
        await restore(on(tmp_path / "data"), backup, replace=False)
    assert not (tmp_path / "data" / "spool.db").exists()


async def test_one_that_was_cut_short_is_none(spool: Spool, backup: Path, tmp_path: Path) -> None:
    await back_up(on(spool.data), backup)
    (backup / MANIFEST).unlink()
    with pytest.raises(NotFound, match="cut short"):
        await check_backup(on(spool.data), backup)
    with pytest.raises(NotFound, match="cut short"):
        await restore(on(tmp_path / "data"), backup, replace=True)


async def test_a_folder_with_something_in_it_is_not_backed_up_into(
    spool: Spool, backup: Path
) -> None:
    os.mkdir(backup)
    (backup / "mine").touch()
    with pytest.raises(InvalidRequest, match="something in it"):
        await back_up(on(spool.data), backup)
    assert os.listdir(backup) == ["mine"]


async def test_it_goes_back_only_where_nothing_is_unless_that_is_moved_aside(
    spool: Spool, backup: Path, tmp_path: Path
) -> None:
    manifest = await back_up(on(spool.data), backup)
    data = tmp_path / "data"
    (data / "audio_jobs").mkdir(parents=True)
    (data / "models").mkdir()
    (data / "audio_jobs" / "old").touch()
    with pytest.raises(ConfigError, match="audio_jobs"):
        await restore(on(data), backup, replace=False)
    assert await restore(on(data), backup, replace=True) == manifest
    [aside] = (data / "replaced").iterdir()
    assert (aside / "audio_jobs" / "old").exists() and (data / "models").is_dir()


async def test_nothing_is_moved_aside_where_the_database_elsewhere_has_rows(
    spool: Spool, backup: Path, tmp_path: Path
) -> None:
    """It was moved, and then the database was looked at."""
    await back_up(on(spool.data), backup)
    data = tmp_path / "data"
    (data / "audio_jobs").mkdir(parents=True)
    url = f"sqlite:///{spool.data / 'spool.db'}"
    there = load_settings(storage={"data_dir": data, "database_url": url})
    with pytest.raises(ConfigError, match=r"spool\.db"):
        await restore(there, backup, replace=True)
    assert (data / "audio_jobs").is_dir() and not (data / "replaced").exists()


async def test_a_database_in_the_data_folder_is_moved_however_that_is_spelled(
    spool: Spool, backup: Path, tmp_path: Path
) -> None:
    manifest = await back_up(on(spool.data), backup)
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "spool.db").touch()
    (tmp_path / "link").symlink_to("data")
    url = f"sqlite:///{tmp_path / 'data' / 'spool.db'}"
    there = load_settings(storage={"data_dir": tmp_path / "link", "database_url": url})
    assert await restore(there, backup, replace=True) == manifest


async def test_it_does_not_go_back_beneath_a_service_at_work(spool: Spool, backup: Path) -> None:
    await back_up(on(spool.data), backup)
    with pytest.raises(ConfigError, match="another Spool"):
        await restore(on(spool.data), backup, replace=True)
