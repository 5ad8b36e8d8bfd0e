"""The whole house: adapters plugged into services, opened and closed in order."""

import asyncio
import uuid
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, suppress

from app.adapters.folder_lock import held
from app.bootstrap.finding import Finding, open_finding
from app.bootstrap.records import Records, open_records
from app.bootstrap.workshop import Workshop, workshop
from app.config import AppSettings
from app.pipeline.runner import Pipeline
from app.services.engines import EngineFactory
from app.services.health import Health
from app.services.jobs import JobService
from app.services.roots import Roots
from app.services.search import SearchService
from app.services.worker import JobWorker
from app.web.doors import Doors


@asynccontextmanager
async def house(
    settings: AppSettings, *, factories: Mapping[str, EngineFactory] | None = None
) -> AsyncIterator[Doors]:
    """Everything open and running; jobs left by a dead run are queued before this yields.

    `factories` replaces the engines, for tests. Raises StorageError, ConfigError.
    """
    async with AsyncExitStack() as closing:
        closing.enter_context(held(settings.storage.data_dir))
        tools = await closing.enter_async_context(workshop(settings, factories))
        records = await closing.enter_async_context(open_records(settings))
        finding = await closing.enter_async_context(open_finding(settings, tools.weights))
        worker = _worker(settings, tools, records, finding)
        await worker.recover()
        for work in (
            tools.fetch_detector(),
            tools.engines.warm(),
            finding.prepare(records),
            worker.run(),
        ):
            closing.push_async_callback(_cancel, asyncio.create_task(work))
        yield _doors(settings, tools, records, finding, worker)


def _worker(
    settings: AppSettings, tools: Workshop, records: Records, finding: Finding
) -> JobWorker:
    return JobWorker(
        store=records.store,
        queue=records.queue,
        blobs=records.blobs,
        pipeline=Pipeline(
            blobs=records.blobs,
            fetcher=records.fetcher,
            extractors=tools.extractors,
            detector=tools.detector,
            engines=tools.engines,
            journal=records.journal,
            transcripts=records.transcripts,
            embedder=finding.embedder,
            index=finding.index,
            max_window=settings.transcription.max_window,
        ),
        watch=records.watch,
        boot_id=str(uuid.uuid4()),
        places=settings.ingestion.max_concurrent_jobs,
        max_attempts=settings.ingestion.max_attempts,
    )


def _doors(
    settings: AppSettings,
    tools: Workshop,
    records: Records,
    finding: Finding,
    worker: JobWorker,
) -> Doors:
    return Doors(
        jobs=JobService(
            store=records.store,
            transcripts=records.transcripts,
            queue=records.queue,
            blobs=records.blobs,
            fetcher=records.fetcher,
            roots=Roots(settings.ingestion.allowed_roots),
            watch=records.watch,
            check_engine=tools.engines.check,
            max_file_size=settings.ingestion.max_file_size,
        ),
        search=SearchService(finding.index, finding.embedder),
        health=Health(
            store=records.store,
            queue=records.queue,
            engines=tools.engines,
            detector=tools.detector,
            embedder=finding.embedder,
            index=finding.index,
            pool=tools.pool,
            worker=worker,
        ),
        max_file_size=settings.ingestion.max_file_size,
    )


async def _cancel(task: asyncio.Task[None]) -> None:
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task
