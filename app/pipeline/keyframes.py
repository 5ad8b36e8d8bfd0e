"""First filter of a video: what can be seen in it is looked for while what is said is heard.

Each key-frame becomes an asset of its own, by a job of its own. They are sent on their way once
the sound is done, so that a video that cannot be taken in leaves none (of one that is cancelled
just then, those stay that were sent); the list of them is written last, and an attempt that finds
it looks for nothing again.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from loguru import logger

from app.domain.assets import asset_of
from app.domain.crashpoints import reached
from app.domain.errors import Budget, NoAudio, NotFound, SourceChanged, SourceError, SpoolError
from app.domain.jobs import Job, Stage, frames_key, reel_key
from app.domain.keyframes import Keyframe, Reel
from app.domain.media_types import frame_id
from app.pipeline.fetch import source_of
from app.pipeline.fingerprint import note_bytes
from app.pipeline.hearing import SHARES
from app.pipeline.listen import listen
from app.pipeline.report import Stopping, told
from app.pipeline.source import HeldSource
from app.pipeline.tools import Tools
from app.pipeline.work import Work
from app.ports import BlobStore, Progress

FAILED, TRUNCATED = "keyframes.failed", "keyframes.truncated"
UNREAD = "keyframes.unread"
Looking = asyncio.Task[Reel]


async def watch(tools: Tools, work: Work) -> None:
    """Raises NoAudio where there is neither sound nor picture."""
    wanted = work.job.options.keyframes
    if wanted and not await _are_listed(tools.blobs, work.job):
        await _watch_whole(tools, work)
        return
    if await _silence(tools, work) is not None:
        await _keep_silent(tools, work)
    if not wanted:
        await tools.frame_jobs.retire(work.job, keep=())


async def _watch_whole(tools: Tools, work: Work) -> None:
    """The video is kept before its key-frames are sent on their way: they are then those of what
    stands, and those of an earlier take go only once this one stands in its place."""
    silence, reel = await _both(tools, work)
    seen = await _tell(tools, work, reel)
    if silence is not None:
        if not seen:
            raise silence
        await _keep_silent(tools, work)
    if isinstance(reel, Reel):
        await _emit(tools, work, reel)
    else:
        await tools.frame_jobs.retire(work.job)


async def drop_frames(tools: Tools, work: Work) -> None:
    """Of what was a video before, and now is something else."""
    await tools.frame_jobs.retire(work.job, keep=())


async def _both(tools: Tools, work: Work) -> tuple[NoAudio | None, Reel | Exception]:
    """What was heard in an earlier attempt stands, also when its source is gone, or another, by
    the time that its pictures are wanted again."""
    heard = await tools.transcripts.has(work.job.job_id)
    try:
        async with _looking(tools, work) as looking:
            silence = await _silence(tools, work)
            seen = await _seen(looking, tools.stopping)
        if isinstance(seen, SourceChanged):  # what was heard may be of another video
            raise seen
        return silence, seen
    except SourceError as gone:
        if not heard:
            raise
        return await _silence(tools, work), gone


async def _silence(tools: Tools, work: Work) -> NoAudio | None:
    """Listens. Told, and not raised, when there is nothing to be heard."""
    try:
        await listen(tools, work)
    except NoAudio as silence:
        return silence
    return None


async def _keep_silent(tools: Tools, work: Work) -> None:
    """A video without sound is an asset all the same; its key-frames are what is found of it."""
    kept = await tools.assets.of_job(work.job.job_id)
    if kept is None:
        await note_bytes(work, await source_of(tools, work))
    work.asset = kept or await tools.assets.settle(work.job, asset_of(work.job))
    await work.report.warn(NoAudio.code, "it has no sound: there is no transcript")


@asynccontextmanager
async def _looking(tools: Tools, work: Work) -> AsyncIterator[Looking]:
    """Nobody looks any more when this ends."""
    await work.report.enter(Stage.MEDIA_EXTRACTION)
    source = await source_of(tools, work)
    reel = tools.scratch.path(reel_key(work.job.job_id))
    first, last = SHARES[Stage.MEDIA_EXTRACTION]

    def progress(fraction: float) -> None:
        """Of a silent video it is all there is; else what is heard is further along."""
        work.report.progress(first + (last - first) * fraction)

    looking = asyncio.create_task(_taken(tools, source, reel, progress))
    try:
        yield looking
    finally:
        looking.cancel()
        await asyncio.gather(looking, return_exceptions=True)


async def _taken(tools: Tools, source: HeldSource, reel: Path, progress: Progress) -> Reel:
    async with source.reading() as path:
        return await tools.frames.take(path, reel, progress)


async def _seen(looking: Looking, stopping: asyncio.Event) -> Reel | Exception:
    """What was seen, or why nothing was. Raises Stopping."""
    stop = asyncio.create_task(stopping.wait())
    try:
        await asyncio.wait({looking, stop}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        stop.cancel()
    if not looking.done():
        raise Stopping("the service stops")
    try:
        return await looking
    except Exception as error:
        return error


async def _tell(tools: Tools, work: Work, reel: Reel | Exception) -> bool:
    """Whether there was anything to be seen. To fail is a warning, unless it passes by itself."""
    if isinstance(reel, Exception):
        if isinstance(reel, SpoolError) and reel.budget is Budget.FREE:
            raise reel
        await work.report.warn(FAILED, f"no key-frames: {told(reel)}")
        return False
    reached("keyframes.taken")
    if reel.seconds is not None and work.transcript is None:
        await work.report.duration(reel.seconds)
    await _warn(tools, work, reel)
    return bool(reel.frames)


async def _emit(tools: Tools, work: Work, reel: Reel) -> None:
    jobs = [await _take_in(tools, work.job, reel, frame) for frame in reel.frames]
    await tools.frame_jobs.retire(work.job, keep=jobs)
    listed = _listed(work.job, reel, jobs)
    await tools.blobs.save_file(frames_key(work.job.job_id), _one(listed))
    reached("keyframes.listed")
    await tools.scratch.delete_file(reel_key(work.job.job_id))
    logger.info("{} key-frames", len(jobs))


async def _warn(tools: Tools, work: Work, reel: Reel) -> None:
    """What goes for all key-frames is said of their video, once."""
    reader = tools.pictures.reader
    if reel.until is not None:
        await work.report.warn(TRUNCATED, f"no key-frames behind {reel.until:.0f} s")
    if reel.frames and reader is not None and (reason := reader.missing()):
        await work.report.warn(UNREAD, f"what stands in the key-frames is not read: {reason}")


async def _take_in(tools: Tools, job: Job, reel: Reel, frame: Keyframe) -> str:
    jpeg = await asyncio.to_thread(reel.jpeg, frame)
    job_id = await tools.frame_jobs.take_in(job, frame.at, jpeg)
    reached("keyframe.emitted")
    return job_id


def _listed(job: Job, reel: Reel, jobs: Sequence[str]) -> dict[str, Any]:
    """What is kept of all of them, in order of time."""
    frames = [
        {"at": frame.at, "asset_id": frame_id(job.asset_id, frame.at), "job_id": job_id}
        for frame, job_id in zip(reel.frames, jobs, strict=True)
    ]
    return {
        "job_id": job.job_id,
        "asset_id": job.asset_id,
        "seconds": reel.seconds,
        "frames": frames,
    }


async def _are_listed(blobs: BlobStore, job: Job) -> bool:
    try:
        await blobs.load_file(frames_key(job.job_id))
    except NotFound:
        return False
    return True


async def _one(document: dict[str, Any]) -> AsyncIterator[bytes]:
    yield json.dumps(document, ensure_ascii=False).encode()
