"""The store and the worker by themselves, in this process."""

import asyncio
import time
from collections.abc import Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, cast

from loguru import logger

from app.adapters.local_storage import LocalStorage, ScratchInPlace
from app.adapters.memory_queue import MemoryQueue
from app.adapters.sql.database import Database
from app.adapters.sql.jobs import SqlJobStore
from app.domain.jobs import JobOptions, SourceKind
from app.pipeline.runner import Pipeline
from app.ports import JobQueue, JobStore
from app.services.backoff import Backoff
from app.services.verdicts import Limits
from app.services.watch import JobWatch
from app.services.worker import JobWorker
from scripts.bench_idle import IdleLine
from tests.unit.workbench import roomy

CLAIMED = 2000  # jobs
PLACES = 8
BOOT = "00000000-0000-4000-8000-00000000b007"


class Ends:
    """Counts attempts that ended, up to a number."""

    def __init__(self, number: int) -> None:
        self._left, self.all = number, asyncio.Event()

    def one(self) -> None:
        self._left -= 1
        if not self._left:
            self.all.set()


async def claims(file: Path, job_ids: Sequence[str]) -> list[float]:
    """Milliseconds for each of the first of them, one after the other."""
    took = []
    async with Database(f"sqlite:///{file}") as database:
        store = SqlJobStore(database)
        for job_id in job_ids[:CLAIMED]:
            began = time.perf_counter()
            assert await store.claim(job_id, BOOT)
            took.append((time.perf_counter() - began) * 1000)
    return took


async def drain(folder: Path, number: int) -> tuple[float, int]:
    """Seconds to see so many jobs through, and how many results there are then."""
    logger.disable("app")
    async with Database(f"sqlite:///{folder / 'spool.db'}") as database:
        store, queue = SqlJobStore(database), MemoryQueue()
        await fill(store, queue, number)
        ends = Ends(number)
        began = time.monotonic()
        async with running(worker(store, queue, folder, ends)):
            await ends.all.wait()
        seconds = time.monotonic() - began
    logger.enable("app")
    return seconds, len(list((folder / "results").iterdir()))


async def fill(store: SqlJobStore, queue: MemoryQueue, number: int) -> None:
    for count in range(number):
        await add(store, name(count))
        await queue.enqueue({"job_id": name(count)})


def name(count: int) -> str:
    """An id."""
    return f"{count:08x}-0000-4000-8000-000000000000"


async def add(store: SqlJobStore, job_id: str) -> None:
    await store.add(
        job_id=job_id,
        source=SourceKind.PATH,
        source_name="silence.wav",
        input_path="/silence.wav",
        options=JobOptions(),
    )


def worker(
    store: JobStore, queue: JobQueue, folder: Path, ends: Ends, boot_id: str = BOOT
) -> JobWorker:
    return JobWorker(
        store=store,
        queue=queue,
        blobs=LocalStorage(folder),
        scratch=ScratchInPlace(folder),
        pipeline=cast("Pipeline", IdleLine()),
        watch=JobWatch(),
        disk=roomy(),
        boot_id=boot_id,
        places=PLACES,
        limits=Limits(),
        backoff=Backoff(),
        ended=ends.one,
    )


@asynccontextmanager
async def running(worker: JobWorker) -> Any:
    task = asyncio.create_task(worker.run())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.wait({task})
