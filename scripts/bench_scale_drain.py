"""Jobs that do nothing, seen through by one instance or several: as the model says, and in fact."""

import asyncio
import time
from dataclasses import dataclass
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path

from loguru import logger

from app.adapters.memory_queue import MemoryQueue
from app.adapters.sql.boots import SqlBootLog
from app.adapters.sql.database import Database
from app.adapters.sql.jobs import SqlJobStore
from app.adapters.sql.queue import SqlQueue
from app.adapters.sql.turns import TOGETHER
from scripts.bench_drain import Ends, add, fill, name, running, worker
from scripts.bench_scale_clock import Batches, Clock, Process, Station
from scripts.bench_scale_parts import HOME, Part, Parts, stretched, used
from scripts.bench_scale_parts import TOGETHER as PLACES

LOOK = 0.05  # seconds between two looks whether all is done


@dataclass(frozen=True, kw_only=True)
class Drain:
    """As it was."""

    jobs: int
    instances: int
    seconds: float
    #: Seconds on the clock that a second of a processor took meanwhile: 1 on a machine at rest.
    stretch: float


# as the model says


class Instance:
    """One process: its interpreter does one thing at a time.

    What the machine is short of cores, for others' work or our own, is in the stretch: it was
    measured during the drain.
    """

    def __init__(self, clock: Clock, parts: Parts, stretch: float) -> None:
        self._clock, self._parts, self._stretch = clock, parts, stretch
        self._interpreter = Station(clock)
        self._writes = Batches(clock, TOGETHER, self._committed)

    def _thinks(self, seconds: float) -> Process:
        yield from self._interpreter.used(seconds * self._stretch)

    def _asks(self, part: Part) -> Process:
        """A database server, which has a process for each connection."""
        yield from self._thinks(part.own)
        yield self._clock.rest(part.server * self._stretch + part.waits)

    def _committed(self, number: int) -> Process:
        """On SQLite those who wait share one commit."""
        write = self._parts.claim
        yield from self._thinks(write.own * number)
        yield self._clock.rest(write.waits)

    def place(self, jobs: list[None]) -> Process:
        """Takes jobs until there are none."""
        parts = self._parts
        while jobs:
            jobs.pop()
            if parts.reserve:
                yield from self._asks(parts.reserve)
            yield from self._asks(parts.look)
            yield from self._writes_down(parts.claim)
            yield from self._thinks(parts.walk.own)
            yield from self._asks(parts.look)
            yield from self._writes_down(parts.succeed)

    def _writes_down(self, part: Part) -> Process:
        if self._parts.reserve:
            yield from self._asks(part)
        else:
            yield self._writes.joined


def predicted(parts: Parts, drain: Drain) -> float:
    """Seconds for as many jobs and instances, on cores that others leave as much of."""
    clock, left = Clock(), [None] * drain.jobs
    for _ in range(drain.instances):
        instance = Instance(clock, parts, drain.stretch)
        for _ in range(PLACES):
            clock.begin(instance.place(left))
    clock.run()
    return clock.now


# in fact


async def drained_alone(folder: Path, jobs: int) -> Drain:
    """By one instance, on SQLite."""
    logger.disable("app")
    async with Database(f"sqlite:///{folder / 'spool.db'}") as database:
        store, queue, ends = SqlJobStore(database), MemoryQueue(), Ends(jobs)
        await fill(store, queue, jobs)
        before, began = used(), time.perf_counter()
        async with running(worker(store, queue, folder, ends)):
            await ends.all.wait()
            seconds, spent = time.perf_counter() - began, _since(before)
    logger.enable("app")
    return Drain(jobs=jobs, instances=1, seconds=seconds, stretch=stretched(spent))


def drained(folder: Path, url: str, jobs: int, instances: int) -> Drain:
    """By so many, on a database server."""
    asyncio.run(_fill(url, jobs))
    lines = [_started(folder, url, number) for number in range(instances)]
    for line in lines:
        line.recv()  # it is ready
    for line in lines:
        line.send("begin")
    seconds = asyncio.run(_until_done(url, jobs))
    spent = [0.0, 0.0]
    for line in lines:
        line.send("enough")
        spent = [sum(each) for each in zip(spent, line.recv(), strict=True)]
    return Drain(jobs=jobs, instances=instances, seconds=seconds, stretch=stretched(spent))


def _started(folder: Path, url: str, number: int) -> Connection:
    context = get_context("spawn")
    ours, theirs = context.Pipe()
    context.Process(target=serve, args=(str(folder), url, number, theirs), daemon=True).start()
    return ours


def serve(folder: str, url: str, number: int, told: Connection) -> None:
    """One instance; runs in a process of its own."""
    logger.disable("app")
    asyncio.run(_serve(Path(folder), url, f"instance-{number}", told))


async def _serve(folder: Path, url: str, boot_id: str, told: Connection) -> None:
    async with Database(url) as database:
        await SqlBootLog(database).begin(boot_id, name=boot_id)
        store = SqlJobStore(database)
        queue = SqlQueue(database, boot_id=lambda: boot_id, home=HOME)
        told.send("ready")
        await asyncio.to_thread(told.recv)
        before = used()
        async with running(worker(store, queue, folder, Ends(-1), boot_id)):
            await asyncio.to_thread(told.recv)
            told.send(_since(before))


def _since(before: tuple[float, float]) -> list[float]:
    return [end - began for began, end in zip(before, used(), strict=True)]


async def _fill(url: str, jobs: int) -> None:
    async with Database(url) as database:
        store = SqlJobStore(database)
        await asyncio.gather(*(add(store, name(count)) for count in range(jobs)))


async def _until_done(url: str, jobs: int) -> float:
    """Seconds. Asked seldom, over a line of its own."""
    from psycopg import AsyncConnection

    began = time.perf_counter()
    async with await AsyncConnection.connect(url, autocommit=True) as line:
        while True:
            asked = await line.execute("SELECT count(*) FROM jobs WHERE status = 'completed'")
            if (row := await asked.fetchone()) and row[0] == jobs:
                return time.perf_counter() - began
            await asyncio.sleep(LOOK)
