"""What a `JobStore` tells of the jobs on an asset."""

from app.domain.jobs import JobOptions
from app.domain.media_types import MediaType, frame_id
from tests.contracts.conftest import SteppedClock, Stores
from tests.contracts.jobs import add_job


async def on(stores: Stores, asset_id: str, kind: MediaType | None = None) -> str:
    options = JobOptions(asset_id=asset_id, media_type=kind)
    return (await add_job(stores.jobs, options=options)).job_id


async def test_jobs_on_an_asset_come_newest_first(stores: Stores, clock: SteppedClock) -> None:
    jobs = []
    for _ in range(3):
        clock.step(1)
        jobs.append(await on(stores, "talk"))
    await on(stores, "another")
    assert list(await stores.jobs.of_asset("talk")) == jobs[::-1]
    assert list(await stores.jobs.of_asset("nobody")) == []


async def test_frames_are_those_of_this_video_alone(stores: Stores) -> None:
    frames = {await on(stores, frame_id("talk_%", at), MediaType.KEYFRAME) for at in (0, 12.5)}
    await on(stores, "talk_%")
    await on(stores, frame_id("talk_%", 7))  # named alike, but something to listen to
    for other in ("TALK_%", "talk__", "talkXY", "a talk_%", "talk_%#t"):
        await on(stores, frame_id(other, 1), MediaType.KEYFRAME)
    assert set(await stores.jobs.of_frames("talk_%")) == frames
    assert list(await stores.jobs.of_frames("talk")) == []


async def test_the_newest_job_is_told_by_asset(stores: Stores, clock: SteppedClock) -> None:
    await on(stores, "talk")
    clock.step(1)
    last, other = await on(stores, "talk"), await on(stores, "other")
    newest = await stores.jobs.newest(["talk", "other", "nobody"])
    assert {asset: job.job_id for asset, job in newest.items()} == {"talk": last, "other": other}
    assert await stores.jobs.newest([]) == {}
