"""Copies of the service, made and put back: without the rest of the house."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

from app.adapters.folder_lock import NAME as LOCK
from app.adapters.folder_lock import PRIVATE, held
from app.adapters.local_storage import LocalStorage
from app.adapters.sql.backup_rows import SqlBackupRows
from app.adapters.sql.connections import file_of, parse
from app.adapters.sql.copying import SqlSnapshots
from app.adapters.sql.database import Database
from app.adapters.webhook_secret import found_secret, keep_secret
from app.bootstrap.records import database_url, files_folder
from app.bootstrap.stores import stores
from app.config import AppSettings
from app.domain.backups import DATABASE, Manifest
from app.domain.clock import utc_now
from app.domain.errors import ConfigError, InvalidRequest, NotFound, StorageError
from app.ports import BackupRows
from app.services.backup import Backup
from app.services.backup_check import BackupCheck, manifest_of
from app.services.restore import Restore

#: Where `replace` moves what it finds.
REPLACED = "replaced"
#: What a data folder may hold and yet be as good as new.
STAYS = frozenset({LOCK, REPLACED, "models", "logs", "quarantine", ".ballast"})


async def back_up(settings: AppSettings, folder: Path) -> Manifest:
    """Raises InvalidRequest on a folder that has something in it, ConfigError, StorageError."""
    _make(folder)
    files = stores(settings.storage, files_folder(settings))
    with suppress(NotFound):
        keep_secret(folder, found_secret(settings.storage.data_dir))
    backup = Backup(
        snapshots=SqlSnapshots(database_url(settings)),
        rows=_rows,
        found=files.blobs,
        files=files.blobs,
        growing=files.resumable,
        folder=LocalStorage(folder),
        database=_place(folder),
    )
    return await backup.run()


async def check_backup(settings: AppSettings, folder: Path) -> tuple[Manifest, list[str]]:
    """And what is wrong with it, in words. Raises NotFound, StorageError."""
    backup = _backup(settings, folder)
    damaged = await backup.run()
    return await manifest_of(backup.folder), damaged


async def restore(settings: AppSettings, folder: Path, *, replace: bool) -> Manifest:
    """Into the data folder, and into database and bucket where those are elsewhere. No service may
    use them.

    `replace` moves aside what is in the data folder; without, it must be as good as new: else
    ConfigError. Of a damaged backup nothing is written, and nothing is moved for it.
    """
    data, work = settings.storage.data_dir, _restore(settings, folder)
    manifest = await work.check()
    with held(data):
        there = _in_the_way(settings, replace=replace)
        # soon, for what comes next takes long, and before anything is moved for nothing
        await work.check_free(
            database=_stays(settings, there),
            files=settings.storage.files_url is not None or not there,
        )
        await work.check_all()
        if there:
            _move_aside(there, data / REPLACED / f"{utc_now():%Y%m%dT%H%M%SZ}")
        await work.run()
        with suppress(NotFound):
            keep_secret(data, found_secret(folder))
    return manifest


def _restore(settings: AppSettings, folder: Path) -> Restore:
    files = stores(settings.storage, files_folder(settings))
    return Restore(
        backup=_backup(settings, folder),
        found=files.blobs,
        files=files.blobs,
        growing=files.resumable,
        snapshots=SqlSnapshots(database_url(settings)),
    )


def _backup(settings: AppSettings, folder: Path) -> BackupCheck:
    return BackupCheck(
        folder=LocalStorage(folder),
        database=_place(folder),
        snapshots=SqlSnapshots(database_url(settings)),
    )


def _place(folder: Path) -> Path:
    """Of the database in a backup."""
    return folder.absolute() / DATABASE


@asynccontextmanager
async def _rows(file: Path) -> AsyncIterator[BackupRows]:
    async with _database(file) as database:
        yield SqlBackupRows(database)


def _database(file: Path) -> Database:
    return Database(f"sqlite:///{file.absolute()}")


def _make(folder: Path) -> None:
    """For its owner's eyes only: all that was ever heard and shown is in it."""
    try:
        folder.mkdir(mode=PRIVATE, parents=True, exist_ok=True)
        taken = any(folder.iterdir())
    except OSError as error:
        raise InvalidRequest(f"{folder} cannot be used: {error.strerror}") from error
    if taken:
        raise InvalidRequest(f"{folder} has something in it", hint="name a new folder")


def _in_the_way(settings: AppSettings, *, replace: bool) -> list[Path]:
    data, models = settings.storage.data_dir, settings.storage.models_dir
    there = [one for one in data.iterdir() if one.name not in STAYS and one != models]
    if there and not replace:
        raise ConfigError(
            f"the data folder {data} has something in it: {there[0].name}",
            hint="--replace moves all of it aside, or set [app.storage] data_dir to another",
        )
    return there


def _stays(settings: AppSettings, moved: list[Path]) -> bool:
    """Whether the database is elsewhere."""
    file = file_of(parse(database_url(settings)))
    if file is None:
        return True
    return not any(_place_of(file).is_relative_to(_place_of(each)) for each in moved)


def _place_of(file: Path) -> Path:
    """However its folder is spelled; a link that it is itself is moved as such."""
    return file.parent.resolve() / file.name


def _move_aside(there: list[Path], place: Path) -> None:
    try:
        place.mkdir(mode=PRIVATE, parents=True)
        for one in there:
            one.rename(place / one.name)
    except OSError as error:
        raise StorageError(f"what is there cannot be moved to {place}: {error}") from error
