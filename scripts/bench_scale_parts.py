"""What each part of a job that does nothing costs, each measured by itself: not the job."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeAlias, cast

import psutil
from loguru import logger

from app.adapters.memory_queue import MemoryQueue
from app.adapters.sql.boots import SqlBootLog
from app.adapters.sql.database import Database
from app.adapters.sql.jobs import SqlJobStore
from app.adapters.sql.queue import SqlQueue
from app.domain.jobs import Job, JobStatus, result_key
from app.ports import JobStore
from scripts.bench_drain import BOOT, PLACES, Ends, add, name, running, worker

TOGETHER = PLACES + 1  # as the worker's places, and the one more for urgent jobs
THREADS = Path("/proc/self/task")
HOME = "here"

Verb: TypeAlias = Callable[[Any], Awaitable[object]]


@dataclass(frozen=True, kw_only=True)
class Part:
    """Seconds for each call."""

    #: Of this process: its interpreter does one thing at a time.
    own: float
    #: Of the database server.
    server: float
    #: Of one call with no other beside it, what is neither: for the disk, for an answer.
    waits: float = 0.0


@dataclass(frozen=True, kw_only=True)
class Parts:
    add: Part
    look: Part
    claim: Part
    succeed: Part
    #: The worker itself, with the file of the result, on a store that keeps nothing.
    walk: Part
    #: To take a job off the queue, where the database is the queue.
    reserve: Part | None


class NoStore:
    """Keeps nothing, and says that all is well."""

    def __init__(self, jobs: Iterable[Job]) -> None:
        self._jobs = {job.job_id: job for job in jobs}

    async def get(self, job_id: str) -> Job:
        return self._jobs[job_id]

    async def claim(self, job_id: str, boot_id: str) -> Job:
        return self._jobs[job_id]

    async def succeed(self, job: Job, *, output_path: str) -> bool:
        return True


async def parts(folder: Path, url: str, number: int, server: psutil.Process | None) -> Parts:
    """`server`: of the database, whose processor time is counted as well. `number`: jobs."""
    logger.disable("app")
    try:
        async with Database(url) as database:
            return await _parts(folder, database, number, server)
    finally:
        logger.enable("app")


async def _parts(
    folder: Path, database: Database, number: int, server: psutil.Process | None
) -> Parts:
    store, ids = SqlJobStore(database), [name(each) for each in range(number)]
    meter = Meter(server)
    found: dict[str, Any] = {"add": await meter.part(ids, lambda each: add(store, each))}
    found["reserve"] = await _reserve(database, meter, number) if server else None
    jobs: dict[str, Job] = {}
    found["look"] = await meter.part(ids, store.get)

    async def claim(each: str) -> None:
        jobs[each] = cast(Job, await store.claim(each, BOOT))

    found["claim"] = await meter.part(ids, claim)
    found["walk"] = await _walk(folder, meter, list(jobs.values()))
    found["succeed"] = await meter.part(
        ids, lambda each: store.succeed(jobs[each], output_path=result_key(each))
    )
    return Parts(**found)


async def _reserve(database: Database, meter: "Meter", number: int) -> Part:
    await SqlBootLog(database).begin(BOOT, name=HOME)
    queue = SqlQueue(database, boot_id=lambda: BOOT, home=HOME)
    return await meter.part(range(number), lambda _: queue.dequeue())


async def _walk(folder: Path, meter: "Meter", jobs: list[Job]) -> Part:
    """Jobs as they are before their claim: the worker looks whether they wait."""
    waiting = [replace(job, status=JobStatus.PENDING, boot_id=None) for job in jobs]
    store, queue, ends = cast(JobStore, NoStore(waiting)), MemoryQueue(), Ends(len(jobs))
    for job in waiting:
        await queue.enqueue({"job_id": job.job_id})

    async def all_of_them(_: object) -> None:
        async with running(worker(store, queue, folder, ends)):
            await ends.all.wait()

    whole = await meter.part([None], all_of_them)
    return Part(own=whole.own / len(jobs), server=0.0)


class Meter:
    """Seconds of this process and of the server's, and on the clock."""

    def __init__(self, server: psutil.Process | None) -> None:
        self._server = server

    async def part(self, calls: Iterable[Any], verb: Verb) -> Part:
        """The first few alone, the others at once, as the worker does it."""
        line = list(calls)
        few = len(line) // 4
        waits = (await self._spent(line[:few], verb, 1)).waits if few else 0.0
        return replace(await self._spent(line[few:], verb, TOGETHER), waits=waits)

    async def _spent(self, calls: Sequence[Any], verb: Verb, together: int) -> Part:
        left = iter(calls)

        async def caller() -> None:
            for each in left:
                await verb(each)

        before = (*used(), self._of_server(), time.perf_counter())
        async with asyncio.TaskGroup() as callers:
            for _ in range(together):
                callers.create_task(caller())
        after = (*used(), self._of_server(), time.perf_counter())
        ran, waited, server, clock = (
            (end - began) / len(calls) for began, end in zip(before, after, strict=True)
        )
        waits = clock - ran - waited - server * stretched((ran, waited))
        return Part(own=ran, server=server, waits=max(0.0, waits))

    def _of_server(self) -> float:
        if self._server is None:
            return 0.0
        return sum(map(_seconds, [self._server, *self._server.children()]))


def _seconds(process: psutil.Process) -> float:
    try:
        times = process.cpu_times()
    except psutil.NoSuchProcess:
        return 0.0
    return float(times.user + times.system)


def stretched(spent: Sequence[float]) -> float:
    """Seconds on the clock that a second of a processor took, of two sums as `used` tells them."""
    ran, waited = spent
    return (ran + waited) / ran if ran else 1.0


def used() -> tuple[float, float]:
    """Seconds that the threads of this process ran, and that they were ready and did not, because
    others had the cores (Linux; elsewhere nobody counts the latter)."""
    waited = 0.0
    for thread in THREADS.glob("*/schedstat"):
        try:
            waited += int(thread.read_text().split()[1]) / 1e9
        except OSError:  # it has just ended
            continue
    return time.process_time(), waited
