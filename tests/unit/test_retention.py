"""Jobs that ended long ago are let go, and nothing else."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from app.bootstrap.keeping import retention_rules
from app.config import load_settings
from app.domain.clock import utc_now
from app.domain.errors import MediaUnreadable, StorageError
from app.domain.jobs import Job, JobStatus
from app.domain.retention import Ending, Expiry, RetentionRules
from app.services.retention import INTERVAL, Retention
from tests.contracts.jobs import claim
from tests.unit.workbench import Workbench, opened


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[Workbench]:
    async with opened(tmp_path) as bench:
        yield bench


async def ended(bench: Workbench) -> Job:
    job = await bench.upload()
    await bench.worker().run_once()
    return await bench.now(job)


def usual(days: float) -> RetentionRules:
    """All but dead letters."""
    return RetentionRules(days=dict.fromkeys(set(Ending) - {Ending.DEAD_LETTER}, days))


def retention(
    bench: Workbench,
    *,
    days: float = 7.0,
    ahead: float = 8.0,
    rules: RetentionRules | None = None,
) -> Retention:
    """As it is `ahead` days from now."""
    later = utc_now() + timedelta(days=ahead)
    return Retention(bench.store, bench.service(), rules or usual(days), now=lambda: later)


async def one_of_each(bench: Workbench) -> dict[Ending, Job]:
    done, failed, cancelled, dead = [await bench.upload() for _ in range(4)]
    assert await bench.store.succeed(await claim(bench.store, done), output_path=None)
    assert await bench.store.fail(await claim(bench.store, failed), MediaUnreadable("why"))
    assert await bench.store.cancel(cancelled.job_id)
    held = await claim(bench.store, dead)
    assert await bench.store.fail(held, MediaUnreadable("why"), dead_letter=True)
    return dict(zip(Ending, (done, failed, cancelled, dead), strict=True))


async def test_a_job_goes_with_its_files_and_moments(bench: Workbench) -> None:
    job = await ended(bench)
    assert await retention(bench, ahead=6.0).run_once() == 0
    assert await retention(bench).run_once() == 1
    assert await bench.store.get(job.job_id) is None
    assert not bench.scratch.path(job.input_path).exists()
    assert job.output_path and not bench.scratch.path(job.output_path).exists()
    assert bench.index.kept == {}


async def test_more_jobs_than_are_read_at_once_all_go(
    bench: Workbench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.services.retention.BATCH", 2)
    for _ in range(5):
        await ended(bench)
    assert await retention(bench).run_once() == 5


async def test_waiting_running_and_dead_jobs_stay(bench: Workbench) -> None:
    waiting, running, dead = [await bench.upload() for _ in range(3)]
    await claim(bench.store, running)
    held = await claim(bench.store, dead)
    assert await bench.store.fail(held, MediaUnreadable("why"), dead_letter=True)
    assert await retention(bench).run_once() == 0
    for job in (waiting, running, dead):
        assert await bench.store.get(job.job_id)


async def test_a_job_that_is_sent_on_its_way_again_as_it_is_looked_at_stays(
    bench: Workbench,
) -> None:
    job = await bench.upload()
    held = await claim(bench.store, job)
    assert await bench.store.fail(held, MediaUnreadable("why"))
    failed = await bench.now(job)
    assert await bench.store.reopen(failed)
    over = Expiry(ending=Ending.FAILED, before=utc_now() + timedelta(days=1))
    assert not await bench.service().expire(failed, over)
    assert (await bench.now(job)).status is JobStatus.PENDING
    assert bench.scratch.path(job.input_path).exists()


@pytest.mark.parametrize("ending", Ending)
async def test_a_rule_lets_go_of_what_ended_so_and_of_nothing_else(
    bench: Workbench, ending: Ending
) -> None:
    jobs = await one_of_each(bench)
    waiting, running = await bench.upload(), await bench.upload()
    await claim(bench.store, running)
    assert await retention(bench, rules=RetentionRules(days={ending: 7.0})).run_once() == 1
    assert await bench.store.get(jobs.pop(ending).job_id) is None
    for job in (*jobs.values(), waiting, running):
        assert await bench.store.get(job.job_id)


async def test_what_would_go_is_told_by_rule_and_stays(bench: Workbench) -> None:
    jobs = await one_of_each(bench)
    rules = RetentionRules(days={Ending.CANCELLED: 9.0, Ending.DEAD_LETTER: 7.0})
    [(later, none), (now, some)] = await retention(bench, rules=rules).due(10)
    assert (later.ending, list(none)) == (Ending.CANCELLED, [])
    assert (now.ending, [job.job_id for job in some]) == (
        Ending.DEAD_LETTER,
        [jobs[Ending.DEAD_LETTER].job_id],
    )
    assert await bench.store.get(jobs[Ending.DEAD_LETTER].job_id)


def test_what_no_rule_is_told_for_is_kept_as_job_cleanup_days_says() -> None:
    settings = load_settings(ingestion={"job_cleanup_days": 5}, retention={"failed_days": 0})
    rules = retention_rules(settings)
    assert {each.ending for each in rules.due(utc_now())} == {Ending.COMPLETED, Ending.CANCELLED}
    assert not retention_rules(load_settings(retention={"cancelled_days": 0}))


async def test_none_goes_unless_it_is_asked_for(bench: Workbench) -> None:
    job = await ended(bench)
    await retention(bench, days=0.0).run()
    assert await bench.store.get(job.job_id)


async def test_it_looks_at_once_and_then_every_hour_also_after_a_failure(
    bench: Workbench, monkeypatch: pytest.MonkeyPatch
) -> None:
    await ended(bench)
    looks: list[float] = []

    class Enough(Exception):
        pass

    async def sleep(seconds: float) -> None:
        looks.append(seconds)
        monkeypatch.undo()
        if len(looks) == 2:
            raise Enough

    async def broken(*_: object) -> None:
        raise StorageError("the disk is gone")

    monkeypatch.setattr(bench.store, "expired", broken)
    later = utc_now() + timedelta(days=8)
    kept = Retention(bench.store, bench.service(), usual(7.0), now=lambda: later, sleep=sleep)
    with pytest.raises(Enough):
        await kept.run()
    assert looks == [INTERVAL, INTERVAL]
    assert (await bench.store.count()).jobs[JobStatus.COMPLETED] == 0
