"""Which adapters stand behind each port. A new one is one line here."""

import shutil
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import pytest

from app.adapters.local_storage import LocalStorage, ResumableStorage, ScratchInPlace
from app.adapters.memory_queue import MemoryQueue
from app.adapters.sql import migrate
from app.adapters.sql.assets import SqlAssetStore
from app.adapters.sql.boots import SqlBootLog
from app.adapters.sql.database import Database
from app.adapters.sql.deliveries import SqlDeliveryStore
from app.adapters.sql.jobs import SqlJobStore
from app.adapters.sql.keys import SqlKeyStore
from app.adapters.sql.news import SqlNewsStore
from app.adapters.sql.queue import SqlQueue
from app.adapters.sql.records import SqlRecordStore
from app.adapters.sql.shares import SqlShareStore
from app.adapters.sql.transcripts import SqlTranscriptStore
from app.adapters.sql.uploads import SqlUploadStore
from app.adapters.sql.watched import SqlWatchNotes
from app.adapters.sql.windows import SqlWindowJournal
from app.domain.jobs import JobOptions, Priority
from app.ports import (
    AssetStore,
    BlobStore,
    DeliveryStore,
    JobQueue,
    JobStore,
    KeyStore,
    NewsStore,
    RecordStore,
    ResumableFiles,
    Scratch,
    ShareStore,
    TranscriptStore,
    UploadStore,
    WatchNotes,
    WindowJournal,
)
from tests.buckets import Buckets
from tests.contracts.jobs import add_job, new_id
from tests.postgres import Postgres


@dataclass(kw_only=True)
class SteppedClock:
    """Stands still until it is told to move."""

    now: datetime = field(default=datetime(2026, 3, 1, 12, 0, tzinfo=UTC))

    def __call__(self) -> datetime:
        return self.now

    def step(self, seconds: float) -> datetime:
        self.now += timedelta(seconds=seconds)
        return self.now


@dataclass(frozen=True, kw_only=True)
class Stores:
    """The ports on one database, opened once."""

    jobs: JobStore
    windows: WindowJournal
    transcripts: TranscriptStore
    assets: AssetStore
    records: RecordStore
    deliveries: DeliveryStore
    keys: KeyStore
    uploads: UploadStore
    watched: WatchNotes
    shares: ShareStore
    news: NewsStore


UPLOADS_LIVE = 3600.0  # seconds

#: Opens the same database as often as it is called.
OpenStores = Callable[[], AbstractAsyncContextManager[Stores]]


def sql_stores(url: str, clock: SteppedClock) -> OpenStores:
    @asynccontextmanager
    async def opened() -> AsyncIterator[Stores]:
        async with Database(url) as database:
            yield Stores(
                jobs=SqlJobStore(database, clock),
                windows=SqlWindowJournal(database, clock),
                transcripts=SqlTranscriptStore(database, clock),
                assets=SqlAssetStore(database, clock),
                records=SqlRecordStore(database),
                deliveries=SqlDeliveryStore(database, clock),
                keys=SqlKeyStore(database, clock),
                uploads=SqlUploadStore(database, UPLOADS_LIVE, clock),
                watched=SqlWatchNotes(database),
                shares=SqlShareStore(database, clock),
                news=SqlNewsStore(database),
            )

    return opened


def migrated_file(folder: Path) -> Path:
    """A copy of one that was migrated once in this session, which takes a while."""
    template = folder.parent / "migrated.db"
    if not template.exists():
        migrate.upgrade(f"sqlite:///{template}")
    return Path(shutil.copy(template, folder / "spool.db"))


DATABASES = ("postgresql", "sqlite")
QUEUES = ("memory", "postgresql")
BLOB_STORES = ("local", "s3")


@pytest.fixture
def clock() -> SteppedClock:
    return SteppedClock()


@pytest.fixture(params=DATABASES)
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """Of a database of the newest schema, without a row."""
    if request.param == "sqlite":
        yield f"sqlite:///{migrated_file(tmp_path)}"
        return
    server: Postgres = request.getfixturevalue("postgres_server")
    url = server.migrated()
    yield url
    server.drop(url)


@pytest.fixture
def open_stores(database_url: str, clock: SteppedClock) -> OpenStores:
    return sql_stores(database_url, clock)


@pytest.fixture
async def stores(open_stores: OpenStores) -> AsyncIterator[Stores]:
    async with open_stores() as opened:
        yield opened


@dataclass(frozen=True, kw_only=True)
class Hints:
    """A queue, and a maker of what may be put into it."""

    queue: JobQueue
    payload: Callable[..., Awaitable[dict[str, str]]]


@pytest.fixture(params=QUEUES)
async def hints(request: pytest.FixtureRequest) -> AsyncIterator[Hints]:
    if request.param == "memory":
        yield Hints(queue=MemoryQueue(), payload=_any_payload)
        return
    server: Postgres = request.getfixturevalue("postgres_server")
    url = server.migrated()
    async with Database(url) as database:
        await SqlBootLog(database).begin("boot-1")
        queue = SqlQueue(database, boot_id=lambda: "boot-1", home="here")
        yield Hints(queue=queue, payload=partial(_of_a_row, SqlJobStore(database)))
    server.drop(url)


@pytest.fixture
def queue(hints: Hints) -> JobQueue:
    return hints.queue


async def _any_payload(priority: Priority = Priority.NORMAL) -> dict[str, str]:
    return {"job_id": new_id()}


async def _of_a_row(store: JobStore, priority: Priority = Priority.NORMAL) -> dict[str, str]:
    """Of a pending job, which a lasting queue holds from its first moment."""
    job = await add_job(store, options=JobOptions(priority=priority))
    return {"job_id": job.job_id}


@dataclass(frozen=True, kw_only=True)
class Shelf:
    """A store of files, a place to work on them, and a look behind both."""

    blobs: BlobStore
    resumable: ResumableFiles
    scratch: Scratch
    #: Of all that lies in the store, finished or not.
    keys: Callable[[], set[str]]


def local_shelf(folder: Path) -> Shelf:
    root = folder / "blobs"
    return Shelf(
        blobs=LocalStorage(root),
        resumable=ResumableStorage(root),
        scratch=ScratchInPlace(root),
        keys=partial(keys_below, root),
    )


def keys_below(root: Path) -> set[str]:
    files = (path for path in root.rglob("*") if not path.is_dir())
    return {path.relative_to(root).as_posix() for path in files}


def bucket_shelf(server: Buckets, folder: Path) -> Shelf:
    """On a bucket of its own; what it takes is loaded here, where it is known to be installed."""
    import obstore

    from app.adapters.object_store import CopyScratch, GrowingObjects, ObjectStorage, open_store

    store = open_store(url := server.made(), server.options)
    blobs = ObjectStorage(store)

    def keys() -> set[str]:
        found = {each["path"] for each in obstore.list(store).collect()}
        return found | server.unfinished(url)

    return Shelf(
        blobs=blobs,
        resumable=GrowingObjects(store, blobs),
        scratch=CopyScratch(folder / "scratch", blobs),
        keys=keys,
    )


@pytest.fixture(params=BLOB_STORES)
def shelf(request: pytest.FixtureRequest, tmp_path: Path) -> Shelf:
    if request.param == "local":
        return local_shelf(tmp_path)
    return bucket_shelf(request.getfixturevalue("s3_server"), tmp_path)


@pytest.fixture
def blobs(shelf: Shelf) -> BlobStore:
    return shelf.blobs


@pytest.fixture
def resumable(shelf: Shelf) -> ResumableFiles:
    """On the same files as `blobs`."""
    return shelf.resumable
