"""How taking in goes: figures that are counted when somebody asks for them."""

import asyncio
import time
from collections import deque
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from app.domain.clock import utc_now
from app.domain.errors import SpoolError
from app.domain.index_state import IndexState
from app.domain.jobs import JobCounts, JobStatus, Stage
from app.domain.media_types import MediaType
from app.ports import AssetStore, JobQueue, JobStore, WorkerPool
from app.services.disk import DiskGuard
from app.services.indexer import Indexer
from app.services.rates import Mark, rates
from app.services.seldom import Seldom
from app.services.watch import JobWatch

FRESH = 1.0  # seconds; to count a million of rows again for each line would cost everybody
INDEX_FRESH = 10.0  # seconds; it is many files
DATA_FRESH = 30.0  # seconds; it is all files
NO_JOB = ""  # nothing is told of it but that the service stops


@dataclass(frozen=True, kw_only=True)
class Workers:
    """Processes that transcribe."""

    busy: int
    total: int


@dataclass(frozen=True, kw_only=True)
class IndexSize:
    rows: int
    #: On disk.
    bytes: int


@dataclass(frozen=True, kw_only=True)
class Figures:
    at: datetime
    #: As lists show them: without key-frames, which are told apart.
    jobs: dict[JobStatus, int]
    frames: dict[JobStatus, int]
    #: Hints that wait for a place.
    queue_depth: int
    #: Jobs that run, by stage; in this and in rates, key-frames are among them.
    in_flight: dict[Stage, int]
    #: Jobs a second since it was first asked, over a minute at most; None at first.
    completed_rate: float | None
    failed_rate: float | None
    #: Seconds of sound that were heard, for each second; as those.
    audio_rate: float | None
    workers: Workers
    dead_letters: int
    assets: dict[MediaType, int]
    #: Assets and records that are not found as they are; None while the index loads.
    index_lag: int | None
    #: As it was some seconds ago; None while it loads.
    index: IndexSize | None
    disk: str
    #: Bytes.
    disk_free: int
    #: Of all files in the data folder, half a minute ago or more.
    data_bytes: int
    #: What somebody should look at, in words.
    alarms: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Counts:
    """What all who ask within a second are told."""

    counted_at: float
    jobs: JobCounts
    in_flight: dict[Stage, int]
    dead_letters: int
    assets: dict[MediaType, int]
    index_lag: int | None
    #: Jobs by the silent instance that they wait for.
    stranded: Mapping[str, int]


async def _nobody() -> Mapping[str, int]:
    """There is one instance, and it is here."""
    return {}


@dataclass(kw_only=True)
class IngestionFigures:
    store: JobStore
    assets: AssetStore
    queue: JobQueue
    indexer: Indexer
    disk: DiskGuard
    watch: JobWatch
    pool: WorkerPool
    #: Seconds of sound since the start.
    heard: Callable[[], float]
    #: Raises Unavailable while it is not there.
    index: Callable[[], Awaitable[IndexState]]
    #: Of all files in the data folder.
    data_bytes: Callable[[], Awaitable[int]]
    #: Jobs that run, by stage.
    running: Callable[[], Awaitable[dict[Stage, int]]]
    #: Jobs by the silent instance that they wait for.
    stranded: Callable[[], Awaitable[Mapping[str, int]]] = _nobody
    clock: Callable[[], datetime] = utc_now
    timer: Callable[[], float] = field(default=time.monotonic)
    _turn: asyncio.Lock = field(default_factory=asyncio.Lock, init=False)
    _latest: Counts | None = field(default=None, init=False)

    def __post_init__(self) -> None:
        self._index = Seldom(self.index, INDEX_FRESH)
        self._data_bytes = Seldom(self.data_bytes, DATA_FRESH)

    async def follow(self, every: float, count: int | None) -> AsyncGenerator[Figures, None]:
        """One set at once, then one every so many seconds; `count` of them, or for ever.

        Ends when the service stops.
        """
        seen: deque[Mark] = deque()
        told = 0
        with self.watch.subscribe(NO_JOB) as stop:
            while not self.watch.closed:
                yield await self._now(seen)
                told += 1
                if told == count:
                    return
                await stop.wait(every)

    async def _now(self, seen: deque[Mark]) -> Figures:
        """Files are looked at before anybody's turn: a slow disk holds up one who asks, not all."""
        index, data_bytes = await self._index_size(), await self.held()
        counts = await self.counts()
        done, failed = counts.jobs.of(JobStatus.COMPLETED), counts.jobs.of(JobStatus.FAILED)
        rate = rates(seen, Mark(self.timer(), done, failed, self.heard()))
        disk = self.disk.state()
        return Figures(
            at=self.clock(),
            jobs=counts.jobs.jobs,
            frames=counts.jobs.frames,
            queue_depth=self.queue.size(),
            in_flight=counts.in_flight,
            completed_rate=rate.completed,
            failed_rate=rate.failed,
            audio_rate=rate.heard,
            workers=Workers(busy=self.pool.busy(), total=self.pool.slots),
            dead_letters=counts.dead_letters,
            assets=counts.assets,
            index_lag=counts.index_lag,
            index=index,
            disk=disk,
            disk_free=self.disk.free(),
            data_bytes=data_bytes,
            alarms=_alarms(counts, disk),
        )

    async def counts(self) -> Counts:
        """A second old at most."""
        async with self._turn:
            latest = self._latest
            if latest is None or self.timer() - latest.counted_at >= FRESH:
                self._latest = latest = await self._counted()
            return latest

    async def _counted(self) -> Counts:
        return Counts(
            counted_at=self.timer(),
            jobs=await self.store.count(),
            in_flight=await self.running(),
            dead_letters=await self.store.dead_letters(),
            assets=await self.assets.count(),
            index_lag=await self.indexer.behind(),
            stranded=await self.stranded(),
        )

    async def index_state(self) -> IndexState | None:
        """Some seconds old; None while it loads."""
        try:
            return await self._index.get()
        except SpoolError:  # whoever needs it is told why
            return None

    async def held(self) -> int:
        """Bytes of all files in the data folder, half a minute ago or more."""
        return await self._data_bytes.get()

    async def _index_size(self) -> IndexSize | None:
        found = await self.index_state()
        return IndexSize(rows=found.rows, bytes=found.bytes) if found else None


def _alarms(counts: Counts, disk: str) -> tuple[str, ...]:
    found = [
        f"{waiting} jobs wait for {home}, on whose machine their files lie: nothing is heard of it"
        for home, waiting in counts.stranded.items()
    ]
    if dead := counts.dead_letters:
        found.append(f"{dead} dead letters wait for somebody to look at them")
    if disk != "ok":
        found.append(f"the disk: {disk}")
    return tuple(found)
