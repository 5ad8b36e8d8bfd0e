"""What is kept: rows, files, and who waits for news of them."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from app.adapters.fetcher.fetcher import UrlFetcher
from app.adapters.local_storage import LocalStorage
from app.adapters.memory_queue import MemoryQueue
from app.adapters.sql.database import Database
from app.adapters.sql.jobs import SqlJobStore
from app.adapters.sql.transcripts import SqlTranscriptStore
from app.adapters.sql.windows import SqlWindowJournal
from app.config import AppSettings
from app.services.watch import JobWatch


def database_url(settings: AppSettings) -> str:
    file = settings.storage.data_dir.absolute() / "spool.db"
    return settings.storage.database_url or f"sqlite+aiosqlite:///{file}"


@dataclass(frozen=True, kw_only=True)
class Records:
    blobs: LocalStorage
    store: SqlJobStore
    journal: SqlWindowJournal
    transcripts: SqlTranscriptStore
    queue: MemoryQueue
    watch: JobWatch
    fetcher: UrlFetcher


@asynccontextmanager
async def open_records(settings: AppSettings) -> AsyncIterator[Records]:
    blobs = LocalStorage(settings.storage.data_dir)
    await blobs.sweep_parts()
    database = Database(database_url(settings))
    await database.open()
    try:
        yield Records(
            blobs=blobs,
            store=SqlJobStore(database),
            journal=SqlWindowJournal(database),
            transcripts=SqlTranscriptStore(database),
            queue=MemoryQueue(),
            watch=JobWatch(),
            fetcher=UrlFetcher(
                max_bytes=settings.ingestion.max_file_size,
                allowed_networks=settings.ingestion.allowed_networks,
            ),
        )
    finally:
        await database.close()
