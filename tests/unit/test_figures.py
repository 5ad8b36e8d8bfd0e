"""Figures of taking in, as somebody follows them."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from app.domain.jobs import JobStatus
from app.services.figures import Figures, IngestionFigures
from app.services.indexer import Indexer
from tests.unit.workbench import Workbench, opened


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[Workbench]:
    async with opened(tmp_path) as bench:
        yield bench


class Clock:
    """Each look at it is `step` seconds later."""

    def __init__(self, step: float) -> None:
        self.now, self.step = 0.0, step

    def __call__(self) -> float:
        self.now += self.step
        return self.now


def followed(bench: Workbench, step: float) -> IngestionFigures:
    return IngestionFigures(
        store=bench.store,
        assets=bench.assets,
        queue=bench.queue,
        indexer=Indexer(bench.books, bench.embedder, bench.index, bench.watch),
        disk=bench.disk,
        watch=bench.watch,
        timer=Clock(step),
    )


async def lines(bench: Workbench, step: float, count: int) -> list[Figures]:
    """A job is taken in and cancelled before each."""
    told = []
    async for each in followed(bench, step).follow(0, count):
        told.append(each)
        await bench.store.cancel((await bench.upload(0.1)).job_id)
    return told


async def test_rates_are_told_also_where_lines_are_more_than_a_minute_apart(
    bench: Workbench,
) -> None:
    told = await lines(bench, 100.0, 3)
    assert told[0].completed_rate is None
    assert [each.completed_rate for each in told[1:]] == [0.0, 0.0]


async def test_rows_are_counted_once_a_second_at_most(bench: Workbench) -> None:
    cancelled = [each.jobs[JobStatus.CANCELLED] for each in await lines(bench, 0.25, 4)]
    assert cancelled[1] == 0 and cancelled[-1] > 0
    assert len(set(cancelled)) < len(cancelled)
