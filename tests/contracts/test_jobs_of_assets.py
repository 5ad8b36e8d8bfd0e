"""What a `JobStore` tells of the jobs on an asset."""

import pytest

from app.domain.assets import asset_of
from app.domain.errors import Conflict, MediaUnreadable
from app.domain.jobs import AssetStage, JobOptions
from app.domain.media_types import MediaType, frame_id
from tests.contracts.conftest import SteppedClock, Stores
from tests.contracts.jobs import add_job, claim, claimed_job, new_id


async def on(
    stores: Stores, asset_id: str, kind: MediaType | None = None, parent_id: str | None = None
) -> str:
    options = JobOptions(asset_id=asset_id, media_type=kind, parent_id=parent_id)
    return (await add_job(stores.jobs, options=options)).job_id


async def test_jobs_on_an_asset_come_newest_first(stores: Stores, clock: SteppedClock) -> None:
    jobs = []
    for _ in range(3):
        clock.step(1)
        jobs.append(await on(stores, "talk"))
    await on(stores, "another")
    assert list(await stores.jobs.of_asset("talk")) == jobs[::-1]
    assert list(await stores.jobs.of_asset("nobody")) == []
    await stores.jobs.cancel(jobs[1])
    assert list(await stores.jobs.of_asset("talk", under_way=True)) == [jobs[2], jobs[0]]


async def test_frames_are_those_of_this_video_alone(stores: Stores) -> None:
    kind, video = MediaType.KEYFRAME, "talk_%"
    frames = {await on(stores, frame_id(video, at), kind, video) for at in (0, 12.5)}
    await on(stores, video)
    await on(stores, frame_id(video, 7))  # named alike, but something to listen to
    for other in ("TALK_%", "talk__", "talkXY", "a talk_%", "talk_%#t"):
        await on(stores, frame_id(other, 1), kind, other)
    assert set(await stores.jobs.of_frames(video)) == frames
    assert list(await stores.jobs.of_frames("talk")) == []


async def test_a_frame_of_a_video_may_have_a_name_of_its_own(stores: Stores) -> None:
    slide = await on(stores, "slide 3", MediaType.KEYFRAME, "talk")
    assert list(await stores.jobs.of_frames("talk")) == [slide]


async def test_frames_are_told_by_the_time_of_their_jobs(
    stores: Stores, clock: SteppedClock
) -> None:
    early = await on(stores, "talk#t=1", MediaType.KEYFRAME, "talk")
    moment = clock.step(1)
    await on(stores, "talk#t=2", MediaType.KEYFRAME, "talk")
    assert list(await stores.jobs.of_frames("talk", before=moment)) == [early]


async def test_jobs_go_together_but_for_those_that_run(stores: Stores) -> None:
    waits, other = await on(stores, "a"), await on(stores, "b")
    runs = await claimed_job(stores.jobs)
    await stores.assets.settle(runs, asset_of(runs))
    assert await stores.assets.of_jobs([waits, runs.job_id]) == {runs.asset_id}
    assert await stores.assets.titles([waits, runs.job_id]) == {runs.job_id: runs.title}
    gone = await stores.jobs.delete_all([waits, runs.job_id, new_id()])
    assert [(job.job_id, job.asset_id) for job in gone] == [(waits, "a")]
    assert await stores.jobs.known([waits, other, runs.job_id]) == {other, runs.job_id}
    assert await stores.jobs.succeed(runs, output_path=None)
    assert len(await stores.jobs.delete_all([runs.job_id])) == 1
    assert await stores.assets.ids() == set()
    assert list(await stores.jobs.delete_all([])) == []


async def test_the_newest_job_is_told_by_asset(stores: Stores, clock: SteppedClock) -> None:
    await on(stores, "talk")
    clock.step(1)
    last, other = await on(stores, "talk"), await on(stores, "other")
    newest = await stores.jobs.newest(["talk", "other", "nobody"])
    assert {asset: job.job_id for asset, job in newest.items()} == {"talk": last, "other": other}
    assert await stores.jobs.newest([]) == {}


async def test_a_job_is_overtaken_by_a_later_one_that_takes_the_same_asset_in(
    stores: Stores, clock: SteppedClock
) -> None:
    jobs = []
    for asset_id in ("talk", "other", "talk", "talk"):
        clock.step(1)
        jobs.append(await on(stores, asset_id))
    first, _, second, last = jobs
    assert list(await stores.jobs.overtaken("talk")) == [second, first]
    assert list(await stores.jobs.overtaken()) == [second, first]
    assert list(await stores.jobs.overtaken("other")) == []
    await stores.jobs.cancel(last)
    assert list(await stores.jobs.overtaken("talk")) == [first]
    assert await stores.jobs.cancel(first, overtaken=True)
    ended = await stores.jobs.get(first)
    assert ended is not None and ended.error_code == "job.superseded"
    assert list(await stores.jobs.overtaken("talk")) == []


async def test_to_look_at_an_asset_again_overtakes_nothing(
    stores: Stores, clock: SteppedClock
) -> None:
    first = await on(stores, "talk")
    clock.step(1)
    again = JobOptions(asset_id="talk", asset_stage=AssetStage.REFRESH)
    await add_job(stores.jobs, options=again)
    assert list(await stores.jobs.overtaken("talk")) == []
    newest = await stores.jobs.newest(["talk"], living=True)
    assert newest["talk"].job_id == first


@pytest.mark.parametrize("end", ["fail", "cancel"])
async def test_the_newest_that_lives_did_not_come_to_nothing(
    stores: Stores, clock: SteppedClock, end: str
) -> None:
    first = await on(stores, "talk")
    clock.step(1)
    last = await claimed_job(stores.jobs, options=JobOptions(asset_id="talk"))
    assert (await stores.jobs.newest(["talk"], living=True))["talk"].job_id == last.job_id
    if end == "fail":
        await stores.jobs.fail(last, MediaUnreadable("why"))
    else:
        await stores.jobs.cancel(last.job_id)
    assert (await stores.jobs.newest(["talk"], living=True))["talk"].job_id == first
    assert await stores.jobs.newest(["nobody"], living=True) == {}


async def test_what_is_deleted_for_a_job_goes_only_while_that_is_held(stores: Stores) -> None:
    video, frame = await claimed_job(stores.jobs), await add_job(stores.jobs)
    await stores.jobs.sweep("another run")
    taken = await claim(stores.jobs, video, "another run")
    with pytest.raises(Conflict) as refused:
        await stores.jobs.delete_all([frame.job_id], held=video)
    assert refused.value.code == "job.claim_lost"
    gone = await stores.jobs.delete_all([frame.job_id], held=taken)
    assert [job.job_id for job in gone] == [frame.job_id]


async def test_what_is_added_for_a_job_comes_only_while_that_is_held(stores: Stores) -> None:
    video, late = await claimed_job(stores.jobs), new_id()
    assert await add_job(stores.jobs, held=video)
    await stores.jobs.cancel(video.job_id)
    with pytest.raises(Conflict) as refused:
        await add_job(stores.jobs, job_id=late, held=video)
    assert refused.value.code == "job.claim_lost"
    assert await stores.jobs.get(late) is None
