"""How taking in goes: figures that are counted when somebody asks for them."""

import asyncio
import time
from collections import deque
from collections.abc import AsyncGenerator, Callable
from dataclasses import dataclass, field
from datetime import datetime

from app.domain.clock import utc_now
from app.domain.jobs import JobStatus, Stage
from app.domain.media_types import MediaType
from app.ports import AssetStore, JobQueue, JobStore
from app.services.disk import DiskGuard
from app.services.indexer import Indexer
from app.services.watch import JobWatch

RATE_SECONDS = 60.0  # that rates are counted over, at most, unless lines are further apart
FRESH = 1.0  # seconds; to count a million of rows again for each line would cost everybody
MOST_RUNNING = 100  # more than there are places
NO_JOB = ""  # nothing is told of it but that the service stops


@dataclass(frozen=True, kw_only=True)
class Figures:
    at: datetime
    jobs: dict[JobStatus, int]
    #: Hints that wait for a place.
    queue_depth: int
    #: Jobs that run, by stage.
    in_flight: dict[Stage, int]
    #: Jobs a second since it was first asked, over a minute at most; None at first.
    completed_rate: float | None
    failed_rate: float | None
    dead_letters: int
    assets: dict[MediaType, int]
    #: Assets and records that are not found as they are; None while the index loads.
    index_lag: int | None
    disk: str
    #: What somebody should look at, in words.
    alarms: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Counts:
    """What all who ask within a second are told."""

    counted_at: float
    jobs: dict[JobStatus, int]
    in_flight: dict[Stage, int]
    dead_letters: int
    assets: dict[MediaType, int]
    index_lag: int | None


@dataclass(kw_only=True)
class IngestionFigures:
    store: JobStore
    assets: AssetStore
    queue: JobQueue
    indexer: Indexer
    disk: DiskGuard
    watch: JobWatch
    clock: Callable[[], datetime] = utc_now
    timer: Callable[[], float] = field(default=time.monotonic)
    _turn: asyncio.Lock = field(default_factory=asyncio.Lock, init=False)
    _latest: Counts | None = field(default=None, init=False)

    async def follow(self, every: float, count: int | None) -> AsyncGenerator[Figures, None]:
        """One set at once, then one every so many seconds; `count` of them, or for ever.

        Ends when the service stops.
        """
        seen: deque[tuple[float, int, int]] = deque()
        told = 0
        with self.watch.subscribe(NO_JOB) as stop:
            while not self.watch.closed:
                yield await self._now(seen)
                told += 1
                if told == count:
                    return
                await stop.wait(every)

    async def _now(self, seen: deque[tuple[float, int, int]]) -> Figures:
        counts = await self._counts()
        done, failed = counts.jobs[JobStatus.COMPLETED], counts.jobs[JobStatus.FAILED]
        completed_rate, failed_rate = _rates(seen, (self.timer(), done, failed))
        disk = self.disk.state()
        return Figures(
            at=self.clock(),
            jobs=counts.jobs,
            queue_depth=self.queue.size(),
            in_flight=counts.in_flight,
            completed_rate=completed_rate,
            failed_rate=failed_rate,
            dead_letters=counts.dead_letters,
            assets=counts.assets,
            index_lag=counts.index_lag,
            disk=disk,
            alarms=_alarms(counts.dead_letters, disk),
        )

    async def _counts(self) -> Counts:
        async with self._turn:
            latest = self._latest
            if latest is None or self.timer() - latest.counted_at >= FRESH:
                self._latest = latest = await self._counted()
            return latest

    async def _counted(self) -> Counts:
        return Counts(
            counted_at=self.timer(),
            jobs=await self.store.count(),
            in_flight=await self._in_flight(),
            dead_letters=await self.store.dead_letters(),
            assets=await self.assets.count(),
            index_lag=await self.indexer.behind(),
        )

    async def _in_flight(self) -> dict[Stage, int]:
        page = await self.store.list(status=JobStatus.RUNNING, limit=MOST_RUNNING)
        stages = [job.stage or Stage.MEDIA_EXTRACTION for job in page.jobs]
        return {stage: stages.count(stage) for stage in Stage}


def _rates(
    seen: deque[tuple[float, int, int]], now: tuple[float, int, int]
) -> tuple[float | None, float | None]:
    """A second; deleting jobs makes no rate negative."""
    seen.append(now)
    while len(seen) > 2 and now[0] - seen[0][0] > RATE_SECONDS:  # lines may be further apart
        seen.popleft()
    seconds = now[0] - seen[0][0]
    if seconds <= 0:
        return None, None
    return (
        max(0.0, round((now[1] - seen[0][1]) / seconds, 3)),
        max(0.0, round((now[2] - seen[0][2]) / seconds, 3)),
    )


def _alarms(dead: int, disk: str) -> tuple[str, ...]:
    found = []
    if dead:
        found.append(f"{dead} dead letters wait for somebody to look at them")
    if disk != "ok":
        found.append(f"the disk: {disk}")
    return tuple(found)
