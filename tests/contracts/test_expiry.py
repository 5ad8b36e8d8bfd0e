"""Whose time is over: never what is needed, and of several rules the right one's."""

from datetime import timedelta

import pytest

from app.domain.assets import AssetChanges, asset_of
from app.domain.errors import NoAudio
from app.domain.jobs import AssetStage, Job, JobOptions
from app.domain.media_types import MediaType
from app.domain.retention import Ending, Expiry, Kind, KindRule, RetentionRules
from tests.contracts.conftest import SteppedClock, Stores
from tests.contracts.jobs import add_job, claim, claimed_job
from tests.contracts.webhooks import as_stored, owed, tried

VIDEO = JobOptions(media_type=MediaType.VIDEO, asset_id="film")
FRAME = JobOptions(media_type=MediaType.KEYFRAME, asset_id="film#t=1", parent_id="film")
#: Names that mean something in JSON, in SQL, or in a pattern.
ODD = ('a"b', "a", "b", "%", "100%_", "東京", "it's", "\\", '"', "null")


async def completed(stores: Stores, options: JobOptions | None = None) -> Job:
    job = await claimed_job(stores.jobs, options=options)
    assert await stores.jobs.succeed(job, output_path=None)
    return job


async def over(
    stores: Stores, clock: SteppedClock, *kinds: KindRule, days: dict[Ending, float] | None = None
) -> set[str]:
    """Ten days from now."""
    rules = RetentionRules(days=days or {}, kinds=kinds)
    found: list[str] = []
    for expiry in rules.due(clock.now + timedelta(days=10)):
        jobs = await stores.jobs.expired(expiry, 100)
        found += [job.job_id for job in jobs]
    assert len(found) == len(set(found)), "of two rules"
    return set(found)


async def stays(stores: Stores, clock: SteppedClock, job: Job) -> bool:
    """Neither told of, nor deleted by whoever was told of it before."""
    expiry = Expiry(ending=Ending.COMPLETED, before=clock.now + timedelta(days=1))
    told = [each.job_id for each in await stores.jobs.expired(expiry, 100)]
    if job.job_id in told:
        return False
    assert not await stores.jobs.delete(job.job_id, expiry=expiry)
    return True


async def test_what_another_job_works_on_stays_until_that_has_ended(
    stores: Stores, clock: SteppedClock
) -> None:
    options = JobOptions(asset_id="talk")
    job = await completed(stores, options)
    again = await add_job(stores.jobs, options=options.evolve(asset_stage=AssetStage.REFRESH))
    assert await stays(stores, clock, job)
    held = await claim(stores.jobs, again)
    assert await stays(stores, clock, job)
    assert await stores.jobs.succeed(held, output_path=None)
    assert not await stays(stores, clock, job)


async def test_what_a_webhook_is_still_to_tell_of_stays(
    stores: Stores, clock: SteppedClock
) -> None:
    delivery = await owed(stores)
    job = await stores.jobs.get(delivery.job_id)
    assert job is not None
    assert await stays(stores, clock, job)
    assert await stores.deliveries.succeed(delivery, tried(delivery, clock.step(1)))
    assert (await as_stored(stores, delivery)).delivered_at
    assert not await stays(stores, clock, job)


async def test_a_key_frame_stays_while_its_video_does(stores: Stores, clock: SteppedClock) -> None:
    video, frame = await completed(stores, VIDEO), await completed(stores, FRAME)
    assert await stays(stores, clock, frame)
    assert not await stays(stores, clock, video)
    assert await stores.jobs.delete(video.job_id)
    assert not await stays(stores, clock, frame)


async def test_a_video_stays_while_its_key_frames_are_looked_at(
    stores: Stores, clock: SteppedClock
) -> None:
    video, frame = await completed(stores, VIDEO), await claimed_job(stores.jobs, options=FRAME)
    assert await stays(stores, clock, video)
    assert await stores.jobs.fail(frame, NoAudio("why"))
    assert not await stays(stores, clock, video)


async def test_of_the_rules_that_a_job_is_of_the_first_counts(
    stores: Stores, clock: SteppedClock
) -> None:
    film = await completed(stores, VIDEO)
    kept = await completed(stores, VIDEO.evolve(asset_id="kept", labels=("keep",)))
    sound = await completed(stores, JobOptions(media_type=MediaType.AUDIO))
    labelled = KindRule(kind=Kind(label="keep"), days=0)
    films = KindRule(kind=Kind(media_type=MediaType.VIDEO), days=5)
    long = {Ending.COMPLETED: 100.0}
    assert await over(stores, clock, labelled, films, days=long) == {film.job_id}
    assert await over(stores, clock, films, labelled) == {film.job_id, kept.job_id}
    short = {Ending.COMPLETED: 5.0}
    assert await over(stores, clock, labelled, days=short) == {film.job_id, sound.job_id}
    both = KindRule(kind=Kind(media_type=MediaType.VIDEO, label="keep"), days=5)
    assert await over(stores, clock, both) == {kept.job_id}


async def test_a_rule_of_a_kind_lets_no_dead_letter_go_and_may_keep_one(
    stores: Stores, clock: SteppedClock
) -> None:
    options = JobOptions(labels=("keep",))
    dead = await claimed_job(stores.jobs, options=options)
    assert await stores.jobs.fail(dead, NoAudio("why"), dead_letter=True)
    hasty = KindRule(kind=Kind(label="keep"), days=1)
    wished = {Ending.DEAD_LETTER: 5.0}
    assert await over(stores, clock, hasty) == set()
    assert await over(stores, clock, hasty, days=wished) == {dead.job_id}
    for_ever = KindRule(kind=Kind(label="keep"), days=0)
    assert await over(stores, clock, for_ever, days=wished) == set()


@pytest.mark.parametrize("label", ODD)
async def test_a_label_is_the_whole_of_it_whatever_it_is_made_of(
    stores: Stores, clock: SteppedClock, label: str
) -> None:
    jobs = {each: await completed(stores, JobOptions(labels=(each, "z"))) for each in ODD}
    await completed(stores)
    rule = KindRule(kind=Kind(label=label), days=5)
    assert await over(stores, clock, rule) == {jobs[label].job_id}


async def test_labels_count_as_their_owner_has_them_now(
    stores: Stores, clock: SteppedClock
) -> None:
    wishes = JobOptions(media_type=MediaType.IMAGE, asset_id="a", labels=("old",))
    job = await claimed_job(stores.jobs, options=wishes)
    await stores.assets.settle(job, asset_of(job))
    assert await stores.jobs.succeed(job, output_path=None)
    assert await stores.assets.edit("a", AssetChanges(labels=("keep",)))
    old, keep = [KindRule(kind=Kind(label=label), days=5) for label in ("old", "keep")]
    assert await over(stores, clock, old) == set()
    assert await over(stores, clock, keep) == {job.job_id}
