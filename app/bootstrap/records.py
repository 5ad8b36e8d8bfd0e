"""What is kept: rows, files, and who waits for news of them."""

import asyncio
import uuid
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from app.adapters.egress.fetcher import UrlFetcher
from app.adapters.local_storage import LocalStorage
from app.adapters.local_storage.ballast import BallastFile
from app.adapters.local_storage.boot_mark import BootMark
from app.adapters.markdown_texts import MarkdownTexts
from app.adapters.memory_queue import MemoryQueue
from app.adapters.sql.assets import SqlAssetStore
from app.adapters.sql.boots import SqlBootLog
from app.adapters.sql.census import SqlCensus
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
from app.bootstrap.instances import Instances, instances, is_shared
from app.bootstrap.stores import FileStore, Stores, stores
from app.config import AppSettings, Ingestion, Storage
from app.domain.boots import MISSED_AFTER
from app.domain.errors import ConfigError
from app.domain.metrics import UNCOUNTED
from app.pipeline.pace import Paces
from app.ports import Meter, ResumableFiles, Scratch, UploadStore
from app.services.capacity import AllPlaces
from app.services.disk import DiskGuard
from app.services.estimates import Estimates
from app.services.job_files import JobFiles
from app.services.keys import KeyService
from app.services.reindex import Books
from app.services.sweep import FileSweep
from app.services.watch import JobWatch


def database_url(settings: AppSettings) -> str:
    file = settings.storage.data_dir.absolute() / "spool.db"
    return settings.storage.database_url or f"sqlite+aiosqlite:///{file}"


def files_folder(settings: AppSettings) -> Path:
    """Where files are kept that all instances share, unless that is a bucket."""
    return settings.storage.data_dir


@dataclass(frozen=True, kw_only=True)
class Records:
    blobs: FileStore
    scratch: Scratch
    #: Of this machine.
    local: LocalStorage
    #: Bytes of a file that can be kept; None: as many as there is room for.
    largest: int | None
    store: SqlJobStore
    journal: SqlWindowJournal
    transcripts: SqlTranscriptStore
    texts: MarkdownTexts
    assets: SqlAssetStore
    #: Put into the index by themselves.
    bulk: SqlRecordStore
    instances: Instances
    queue: MemoryQueue | SqlQueue
    watch: JobWatch
    paces: Paces
    fetcher: UrlFetcher
    deliveries: SqlDeliveryStore
    keys: KeyService
    shares: SqlShareStore
    news: SqlNewsStore
    census: SqlCensus
    uploads: SqlUploadStore
    resumable: ResumableFiles
    watched: SqlWatchNotes
    disk: DiskGuard
    sweep: FileSweep
    mark: BootMark

    async def stranded(self) -> Mapping[str, int]:
        """Jobs by the silent instance that they wait for; who is alone waits for nobody."""
        return await self.census.stranded(MISSED_AFTER) if self.instances.shared else {}

    def estimates(self, running: Callable[[], int]) -> Estimates:
        """`running`: jobs that we run."""
        there = AllPlaces(self.instances.tenancy, self.store, running)
        return Estimates(self.store, self.paces, there.now)

    @property
    def books(self) -> Books:
        return Books(
            store=self.store,
            assets=self.assets,
            transcripts=self.transcripts,
            texts=self.texts,
        )


@asynccontextmanager
async def open_records(settings: AppSettings, meter: Meter = UNCOUNTED) -> AsyncIterator[Records]:
    """Space for verdicts is laid aside before the database opens, which needs some, too."""
    kept, url = settings.storage, database_url(settings)
    files = stores(kept, files_folder(settings))
    disk = _guard(kept, files.local)
    await _begin(disk, files, shared=is_shared(url))
    where = await files.store_id() if is_shared(url) else None
    async with Database(url, connections=kept.database_connections, meter=meter) as database:
        ours = instances(settings, database, url, where)
        await _check_owner(files, ours)
        records = _records(settings, database, ours, files, disk, meter)
        try:
            yield records
        finally:
            await records.keys.settle()
            await ours.news.aclose()


def _records(
    settings: AppSettings,
    database: Database,
    ours: Instances,
    files: Stores,
    disk: DiskGuard,
    meter: Meter,
) -> Records:
    """All rows are timed by the clock that instances share."""
    mark, clock = BootMark(settings.storage.data_dir), ours.clock
    store = SqlJobStore(database, clock, home=ours.name if ours.shared else None)
    uploads = SqlUploadStore(database, settings.ingestion.upload_expires, clock)
    return Records(
        blobs=files.blobs,
        scratch=files.scratch,
        local=files.local,
        largest=files.largest,
        store=store,
        journal=SqlWindowJournal(database, clock, boot_id=lambda: ours.tenancy.boot_id),
        transcripts=SqlTranscriptStore(database, clock),
        texts=MarkdownTexts(),
        assets=SqlAssetStore(database, clock),
        bulk=SqlRecordStore(database),
        instances=ours,
        queue=ours.queue,
        watch=JobWatch(),
        paces=Paces(),
        fetcher=_fetcher(settings.ingestion, disk),
        deliveries=SqlDeliveryStore(database, clock),
        keys=KeyService(SqlKeyStore(database, clock)),
        shares=SqlShareStore(database, clock),
        news=SqlNewsStore(database),
        census=SqlCensus(database),
        uploads=uploads,
        resumable=files.resumable,
        watched=SqlWatchNotes(database),
        disk=disk,
        sweep=_file_sweep(files.swept, mark, SqlBootLog(database), store, uploads, meter),
        mark=mark,
    )


async def _check_owner(files: Stores, ours: Instances) -> None:
    """Two services that do not know of each other would sweep away each other's files."""
    if files.owner is None:
        return
    database_id = str(await ours.notes.keep("database.id", str(uuid.uuid4())))
    if await files.owner(database_id) != database_id:
        raise ConfigError(
            "the bucket keeps the files of another database",
            hint="set [app.storage] files_url to another prefix; or, where that database is gone"
            " for good, remove .spool.owner there",
        )


async def _begin(disk: DiskGuard, files: Stores, *, shared: bool) -> None:
    """What is half received may be another's, who receives it just now, where there are others."""
    if not shared:
        await files.local.sweep_parts()
    await asyncio.to_thread(files.clear)
    await disk.start()


def _fetcher(ingestion: Ingestion, disk: DiskGuard) -> UrlFetcher:
    return UrlFetcher(
        max_bytes=ingestion.max_file_size,
        allowed_networks=ingestion.allowed_networks,
        allowed_ports=ingestion.allowed_ports,
        reserve=disk,
    )


def _file_sweep(
    files: JobFiles,
    mark: BootMark,
    boots: SqlBootLog,
    jobs: SqlJobStore,
    uploads: UploadStore,
    meter: Meter,
) -> FileSweep:
    return FileSweep(
        files=files,
        mark=mark,
        boots=boots,
        known_jobs=jobs.known,
        hashed_uploads=uploads.hashed,
        growing_uploads=uploads.growing,
        meter=meter,
    )


def _guard(kept: Storage, local: LocalStorage) -> DiskGuard:
    ballast = BallastFile(kept.data_dir, kept.ballast)
    return DiskGuard(
        local.free_bytes,
        ballast,
        low=kept.low_water,
        high=kept.high_water,
        writable=local.is_writable,
    )
