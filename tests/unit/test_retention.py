"""Jobs that ended long ago are let go, and nothing else."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from app.bootstrap.keeping import retention_rules
from app.config import load_settings
from app.domain.clock import utc_now
from app.domain.errors import ConfigError, MediaUnreadable, StorageError
from app.domain.jobs import Job, JobOptions, JobStatus
from app.domain.media_types import MediaType
from app.domain.retention import Ending, Expiry, Kind, KindRule, RetentionRules
from app.services.retention import FIRST_AFTER, INTERVAL, Retention
from tests.contracts.jobs import add_job, claim
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


async def film(bench: Workbench) -> tuple[Job, Job]:
    """A video that has ended, and a key-frame of it that failed."""
    video = JobOptions(media_type=MediaType.VIDEO, asset_id="film")
    frame = JobOptions(media_type=MediaType.KEYFRAME, asset_id="film#t=1", parent_id="film")
    first = await add_job(bench.store, options=video)
    assert await bench.store.succeed(await claim(bench.store, first), output_path=None)
    second = await add_job(bench.store, options=frame)
    held = await claim(bench.store, second)
    assert await bench.store.fail(held, MediaUnreadable("why"), dead_letter=True)
    return first, second


async def test_a_video_goes_with_its_key_frames_and_they_go_with_nothing_else(
    bench: Workbench,
) -> None:
    video, frame = await film(bench)
    all_but_videos = RetentionRules(days={Ending.FAILED: 1.0, Ending.DEAD_LETTER: 1.0})
    assert await retention(bench, rules=all_but_videos).run_once() == 0
    assert await bench.store.get(frame.job_id)
    assert await retention(bench, rules=RetentionRules(days={Ending.COMPLETED: 7.0})).run_once()
    assert not await bench.store.known([video.job_id, frame.job_id])


async def test_a_video_that_stays_after_all_keeps_its_key_frames(bench: Workbench) -> None:
    video, frame = await film(bench)
    over = Expiry(ending=Ending.COMPLETED, before=utc_now() + timedelta(days=1))
    assert await bench.store.reopen(await bench.now(video))
    assert not await bench.service().expire(video, over)
    assert await bench.store.get(frame.job_id)


async def test_what_is_told_is_what_goes(bench: Workbench) -> None:
    await one_of_each(bench)
    await film(bench)
    rules = RetentionRules(
        days=dict.fromkeys(Ending, 7.0),
        kinds=[KindRule(kind=Kind(media_type=MediaType.VIDEO), days=0.0)],
    )
    kept = retention(bench, rules=rules)
    told = {job.job_id for _, jobs in await kept.due(10) for job in jobs}
    before = {job.job_id for job in (await bench.store.list(frames=True)).jobs}
    assert await kept.run_once() == len(told) == 4
    after = {job.job_id for job in (await bench.store.list(frames=True)).jobs}
    assert before - after == told and len(after) == 2


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


def test_rules_for_kinds_are_read_from_the_settings() -> None:
    told = [{"media_type": "video", "days": 30}, {"label": "keep", "days": 0}]
    rules = retention_rules(load_settings(retention={"rules": told}))
    assert [(rule.kind, rule.days) for rule in rules.kinds] == [
        (Kind(media_type=MediaType.VIDEO), 30),
        (Kind(label="keep"), 0),
    ]
    assert rules and not retention_rules(load_settings(retention={"rules": told[1:]}))


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        ({"days": 1}, "a media_type, a label, or both"),
        ({"media_type": "keyframe", "days": 1}, "go with their video"),
        ({"media_type": "film", "days": 1}, "retention.rules.0.media_type"),
        ({"label": "", "days": 1}, "retention.rules.0.label"),
        ({"label": "x"}, "retention.rules.0.days"),
        ({"label": "x", "days": -1}, "retention.rules.0.days"),
        ({"label": "x", "days": 1, "size": 1}, "retention.rules.0.size"),
    ],
)
def test_a_rule_that_makes_no_sense_stops_the_start(rule: dict[str, object], said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        load_settings(retention={"rules": [rule]})


async def test_none_goes_unless_it_is_asked_for(bench: Workbench) -> None:
    job = await ended(bench)
    await retention(bench, days=0.0).run()
    assert await bench.store.get(job.job_id)


async def test_it_looks_ten_minutes_after_the_start_and_then_every_hour_also_after_a_failure(
    bench: Workbench, monkeypatch: pytest.MonkeyPatch
) -> None:
    await ended(bench)
    looks: list[float] = []

    class Enough(Exception):
        pass

    async def sleep(seconds: float) -> None:
        looks.append(seconds)
        if len(looks) == 1:
            assert (await bench.store.count()).jobs[JobStatus.COMPLETED] == 1
        if len(looks) == 2:
            monkeypatch.undo()
        if len(looks) == 3:
            raise Enough

    async def broken(*_: object) -> None:
        raise StorageError("the disk is gone")

    monkeypatch.setattr(bench.store, "expired", broken)
    later = utc_now() + timedelta(days=8)
    kept = Retention(bench.store, bench.service(), usual(7.0), now=lambda: later, sleep=sleep)
    with pytest.raises(Enough):
        await kept.run()
    assert looks == [FIRST_AFTER, INTERVAL, INTERVAL]
    assert (await bench.store.count()).jobs[JobStatus.COMPLETED] == 0
