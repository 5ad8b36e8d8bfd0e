"""How things stand when somebody comes to read the metrics."""

import asyncio
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from loguru import logger

from app.domain import metrics
from app.domain.census import Waiting, Webhooks
from app.domain.clock import Clock, utc_now
from app.domain.errors import SpoolError
from app.domain.index_state import IndexState
from app.domain.jobs import Priority
from app.domain.metrics import Metric, Reading
from app.ports import Census, MetricsPage, WorkerPool
from app.services.asked_once import AskedOnce
from app.services.disk import DiskGuard
from app.services.duties import Leading
from app.services.figures import Counts, IngestionFigures
from app.services.seldom import Seldom

FRESH = 5.0  # seconds; several Prometheus may ask
#: Seconds to wait for what is counted in files and rows: Prometheus itself waits for ten.
PATIENCE = 5.0


@dataclass(kw_only=True)
class Gauges:
    """`pools` by what they do; `info`: labels of `spool_info`."""

    page: MetricsPage
    census: Census
    figures: IngestionFigures
    disk: DiskGuard
    pools: Mapping[str, WorkerPool]
    info: Mapping[str, str]
    #: How many other services live on the database.
    others: Callable[[], int]
    leading: Leading
    clock: Clock = utc_now

    def __post_init__(self) -> None:
        self._asked = AskedOnce(Seldom(self._count, FRESH).get)

    @property
    def media_type(self) -> str:
        return self.page.media_type

    async def text(self) -> bytes:
        """With all that can be told. What does not answer is left out: whoever comes to see how
        bad it is has the counters at least."""
        found = [*self._at_hand(), *await self._in_time()]
        return await asyncio.to_thread(self.page.text, found)

    async def _in_time(self) -> list[Reading]:
        try:
            return await self._asked.within(PATIENCE)
        except TimeoutError:
            logger.warning("metrics: not counted within {:g} s", PATIENCE)
        except SpoolError as error:
            logger.warning("metrics: not counted: {}", error.message)
        return []

    def _at_hand(self) -> Iterator[Reading]:
        yield Reading(metric=metrics.INFO, value=1, labels=dict(self.info))
        yield _labelled(metrics.INSTANCES, 1 + self.others())
        yield _labelled(metrics.LEADER, self.leading.now)
        for name, pool in self.pools.items():
            busy = pool.busy()
            free = max(0, pool.slots - busy)  # fewer than none while a cluster shrinks
            for state, number in ((metrics.FREE, free), (metrics.BUSY, busy)):
                yield Reading(
                    metric=metrics.SLOTS, value=number, labels={"pool": name, "state": state}
                )
        yield from _disk(self.disk)

    async def _count(self) -> list[Reading]:
        counts = await self.figures.counts()
        pending, webhooks = await self.census.pending(), await self.census.webhooks()
        index, held = await self.figures.index_state(), await self.figures.held()
        return [
            *_jobs(counts),
            *self._waiting(pending),
            *self._webhooks(webhooks),
            *_index(index, counts.index_lag),
            Reading(metric=metrics.DATA_BYTES, value=held),
        ]

    def _waiting(self, pending: Mapping[Priority, Waiting]) -> Iterator[Reading]:
        for priority, line in pending.items():
            yield _labelled(metrics.DEPTH, line.count, priority=priority.value)
        for priority, line in pending.items():
            yield _labelled(metrics.OLDEST, self._age(line.oldest), priority=priority.value)

    def _webhooks(self, webhooks: Webhooks) -> Iterator[Reading]:
        for state, count in webhooks.deliveries.items():
            yield _labelled(metrics.WEBHOOKS, count, state=state.value)
        yield _labelled(metrics.WEBHOOK_OLDEST, self._age(webhooks.oldest))

    def _age(self, then: datetime | None) -> float:
        """Seconds; never negative, whatever the clocks do."""
        return max(0.0, (self.clock() - then).total_seconds()) if then else 0.0


def _jobs(counts: Counts) -> Iterator[Reading]:
    for status, count in counts.jobs.jobs.items():
        yield _labelled(metrics.JOBS, count, status=status.value)
    for status, count in counts.jobs.frames.items():
        yield _labelled(metrics.FRAMES, count, status=status.value)
    for stage, count in counts.in_flight.items():
        yield _labelled(metrics.RUNNING, count, stage=stage.value)
    yield _labelled(metrics.DEAD_LETTERS, counts.dead_letters)
    yield _labelled(metrics.STRANDED, sum(counts.stranded.values()))


def _index(state: IndexState | None, lag: int | None) -> Iterator[Reading]:
    if lag is not None:
        yield _labelled(metrics.INDEX_LAG, lag)
    if state is not None:
        yield _labelled(metrics.INDEX_ROWS, state.rows)
        yield _labelled(metrics.INDEX_BYTES, state.bytes)
        yield _labelled(metrics.INDEX_UNINDEXED, state.unindexed)


def _disk(disk: DiskGuard) -> Iterator[Reading]:
    try:
        yield _labelled(metrics.INTAKE_OPEN, not (disk.denies() or disk.is_low()))
        yield _labelled(metrics.DISK_FREE, disk.free())
    except SpoolError as error:  # a disk that cannot be asked
        logger.warning("metrics: {}", error.message)


def _labelled(metric: Metric, value: float, **labels: str) -> Reading:
    return Reading(metric=metric, value=value, labels=labels)
