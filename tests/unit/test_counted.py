"""What happens is counted where it happens."""

import asyncio
import os
import signal
import threading
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from loguru import logger
from sqlalchemy import select

from app.adapters.process_pool import ProcessPool
from app.adapters.sql.database import Database
from app.domain import metrics
from app.domain.clock import utc_now
from app.domain.errors import (
    EngineCrashed,
    EngineError,
    EngineHung,
    EngineRefused,
    Exhausted,
    SpoolError,
)
from app.domain.jobs import Stage
from app.domain.metrics import Outcome
from app.domain.retention import Ending, RetentionRules
from app.pipeline.report import ClaimLost, JobReport
from app.pipeline.stage_clock import StageClock
from app.services.recovery import recover
from app.services.retention import Retention
from app.services.verdicts import Limits
from tests.contracts.jobs import claim
from tests.contracts.test_worker_faults import run_short
from tests.contracts.test_worker_pool import hold
from tests.pipes import told
from tests.tally import Tally
from tests.unit.landing import Clock, coming
from tests.unit.landing import opened as landed
from tests.unit.scripted import Scripted, run_to_end
from tests.unit.test_sweep import House, of_nobody
from tests.unit.workbench import Workbench, opened


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[Workbench]:
    async with opened(tmp_path) as bench:
        yield bench


@pytest.fixture
def tally() -> Tally:
    return Tally()


# attempts


@pytest.mark.parametrize(
    ("trouble", "outcome"),
    [
        (None, Outcome.COMPLETED),
        (EngineRefused("no such key"), Outcome.FAILED),
        (EngineError("once more"), Outcome.RETRIED),
        (Exhausted("no more processes"), Outcome.PUT_BACK),
        (ClaimLost("another run holds it"), Outcome.DROPPED),
    ],
)
async def test_an_attempt_counts_by_how_it_ends(
    bench: Workbench, tally: Tally, trouble: SpoolError | None, outcome: Outcome
) -> None:
    await bench.upload()
    line = Scripted(trouble).as_pipeline() if trouble else bench.pipeline()
    await run_to_end(bench.worker(pipeline=line, meter=tally))
    assert tally.of(metrics.ATTEMPTS) == {(outcome.value,): 1}


async def test_the_last_attempt_that_is_paid_for_is_a_dead_letter(
    bench: Workbench, tally: Tally
) -> None:
    await bench.upload()
    line = Scripted(EngineError("again and again")).as_pipeline()
    await run_to_end(bench.worker(pipeline=line, meter=tally, limits=Limits(errors=1)))
    assert tally.of(metrics.ATTEMPTS) == {("dead_letter",): 1}


async def test_an_attempt_that_a_stop_cuts_short_is_given_back(
    bench: Workbench, tally: Tally
) -> None:
    await bench.upload()
    line = Scripted()
    line.go_on.clear()
    worker = bench.worker(pipeline=line.as_pipeline(), meter=tally)
    walk = asyncio.create_task(worker.run_once())
    async with asyncio.timeout(30):
        await line.begun.wait()
    walk.cancel()
    await asyncio.gather(walk, return_exceptions=True)
    assert tally.of(metrics.ATTEMPTS) == {("given_back",): 1}


async def test_attempts_of_a_dead_run_count_as_interrupted(bench: Workbench, tally: Tally) -> None:
    for _ in range(2):
        await claim(bench.store, await bench.upload(), "a dead run")
    await recover(bench.store, bench.queue, "boot-2", meter=tally)
    assert tally.of(metrics.ATTEMPTS) == {("interrupted",): 2}


# jobs on their way


async def test_stages_are_timed_and_sound_is_counted(bench: Workbench, tally: Tally) -> None:
    await bench.upload(seconds=3.0)
    await run_to_end(bench.worker(meter=tally))
    timed = {place[1]: values for place, values in tally.values.items()}
    assert timed.keys() == {stage.value for stage in Stage}
    assert all(len(values) == 1 and values[0] > 0 for values in timed.values())
    assert tally.of(metrics.AUDIO_IN)[()] == pytest.approx(3.0, abs=0.1)


async def test_sound_of_a_claim_that_was_lost_is_not_counted(
    bench: Workbench, tally: Tally
) -> None:
    job = await claim(bench.store, await bench.upload())
    assert await bench.store.cancel(job.job_id)
    with pytest.raises(ClaimLost):
        await JobReport(bench.store, job, meter=tally).duration(3.0)
    assert tally.of(metrics.AUDIO_IN) == {}


def test_a_stage_lasts_until_the_next_one_or_the_end(tally: Tally) -> None:
    times = iter([10.0, 12.0, 12.0, 17.0])
    clock = StageClock(tally, lambda: next(times))
    clock.end()
    clock.enter(Stage.MEDIA_EXTRACTION)
    clock.enter(Stage.TRANSCRIBING)
    clock.end()
    clock.end()
    name = metrics.STAGE_SECONDS.name
    assert tally.values == {(name, "media_extraction"): [2.0], (name, "transcribing"): [5.0]}


# what comes, and what goes


async def test_bytes_of_a_resumable_upload_are_counted_also_where_the_line_breaks(
    tmp_path: Path, tally: Tally
) -> None:
    async with landed(tmp_path, Clock()) as landing:
        service = replace(landing.service, meter=tally)
        upload_id = await landing.begun(10)
        with pytest.raises(ConnectionError):
            await service.append(upload_id, 0, coming(b"abc", b"de", ConnectionError()))
        await service.append(upload_id, 5, coming(b"fghij"))
    assert tally.of(metrics.UPLOAD_BYTES) == {("pieces",): 10}


async def test_jobs_that_retention_deletes_are_counted(bench: Workbench, tally: Tally) -> None:
    for _ in range(2):
        await bench.upload()
        await run_to_end(bench.worker())
    later = utc_now() + timedelta(days=8)
    rules = RetentionRules(days={Ending.COMPLETED: 7.0})
    old = Retention(bench.store, bench.service(), rules, now=lambda: later, meter=tally)
    await old.run_once()
    assert tally.of(metrics.RETENTION_DELETED) == {(): 2}


async def test_files_of_no_job_are_counted_as_they_go(tmp_path: Path, tally: Tally) -> None:
    house = House(root=tmp_path / "data")
    await house.start()
    await house.submit()
    orphans = of_nobody()
    for key in orphans:
        await house.put(key)
    await replace(house.sweep(), meter=tally).run_once("boot-2")
    assert tally.of(metrics.ORPHANS_REMOVED) == {(): len(orphans)}


async def test_transactions_are_timed_by_kind_also_those_that_fail(
    tmp_path: Path, tally: Tally
) -> None:
    async with Database(f"sqlite:///{tmp_path / 'spool.db'}", meter=tally) as database:
        tally.values.clear()
        await database.read(lambda session: session.scalar(select(1)))
        with pytest.raises(ZeroDivisionError):
            await database.write(_fail)
    name = metrics.DATABASE_SECONDS.name
    assert {place: len(values) for place, values in tally.values.items()} == {
        (name, "read"): 1,
        (name, "write"): 1,
    }


async def _fail(session: object) -> None:
    raise ZeroDivisionError


# workers


async def test_workers_that_are_replaced_are_counted_by_why(tally: Tally) -> None:
    pool = ProcessPool(1, name="tried", memory_limit=1 << 30, meter=tally)
    try:
        with pytest.raises(EngineCrashed):
            await pool.run(_die)
        with pytest.raises(EngineHung):
            await pool.run_within(1, _stand)
        with pytest.raises(EngineCrashed):
            await pool.run(run_short)
    finally:
        await pool.aclose()
    found = {("tried", why): 1.0 for why in ("crashed", "hung", "memory")}
    assert tally.of(metrics.RESTARTS) == found


async def test_a_worker_that_is_ended_in_the_middle_of_its_task_by_us_is_not_replaced(
    tally: Tally, tmp_path: Path
) -> None:
    """At the end of the service the log warned of a worker that had died."""
    os.mkfifo(fifo := tmp_path / "begun")
    pool, warned = ProcessPool(1, meter=tally), list[str]()
    number = logger.add(warned.append, level="WARNING", format="{message}")
    try:
        task = asyncio.create_task(pool.run(hold, str(fifo)))
        await told(fifo)
        await pool.aclose()
        with pytest.raises(EngineCrashed):
            await task
    finally:
        logger.remove(number)
    assert (tally.of(metrics.RESTARTS), warned) == ({}, [])


async def test_workers_that_are_recycled_are_counted(tally: Tally) -> None:
    pool = ProcessPool(1, recycle_after=2, meter=tally)
    try:
        for _ in range(5):
            await pool.run(os.getpid)
    finally:
        await pool.aclose()
    assert tally.of(metrics.RESTARTS) == {("worker", "recycled"): 2}


def _die() -> None:
    os.kill(os.getpid(), signal.SIGSEGV)


def _stand() -> None:
    threading.Event().wait()
