"""Jobs on the key-frames of a video, through the same queue as all others."""

from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime

from app.domain.crashpoints import reached
from app.domain.errors import Conflict
from app.domain.jobs import Job, JobOptions, Priority, SourceKind, upload_key
from app.domain.keyframes import emitted, frame_job_id
from app.domain.media_types import MediaType, frame_id
from app.pipeline.report import ClaimLost
from app.ports import BlobStore, JobQueue, JobStore
from app.services.verdicts import to_its_end


@dataclass(frozen=True, kw_only=True)
class FrameJobs:
    store: JobStore
    queue: JobQueue
    blobs: BlobStore
    #: With all that the jobs found, for a video; raises Conflict `job.claim_lost`.
    delete_all: Callable[[Sequence[str], Job], Awaitable[None]]

    async def take_in(self, video: Job, at: float, jpeg: bytes) -> str:
        """The JPEG is there before the row, as with every upload."""
        job_id = frame_job_id(video.job_id, at)
        if not await self.store.known([job_id]):
            name = f"{frame_id(video.title, at)}.jpg"
            await self.blobs.save_file(upload_key(job_id, name), _one(jpeg))
            reached("keyframe.kept")
            await to_its_end(self._queued(video, at, job_id, name))
        return job_id

    async def retire(self, video: Job, keep: Collection[str] | None = None) -> None:
        before = video.created_at if keep is None else await self._overtaken(video)
        frames = await self.store.of_frames(video.asset_id, before=before)
        if old := [job_id for job_id in frames if emitted(job_id) and job_id not in (keep or ())]:
            await self._delete(old, video)

    async def _delete(self, frames: Sequence[str], video: Job) -> None:
        """Raises ClaimLost: whoever took the video over decides what is kept of it. One that stood
        still meanwhile finds out here, before anything is lost."""
        with _as_lost():
            await self.delete_all(frames, video)

    async def _overtaken(self, video: Job) -> datetime | None:
        """What a later job that is under way with the same asset gave rise to is that one's own."""
        newest = await self.store.newest([video.asset_id], living=True)
        last = newest.get(video.asset_id, video)
        overtaken = last.created_at > video.created_at and not last.status.ended
        return last.created_at if overtaken else None

    async def _queued(self, video: Job, at: float, job_id: str, name: str) -> None:
        """Raises ClaimLost: whoever deletes a video deletes its frames, and looks for them once."""
        options = _options(video, at)
        try:
            await self._add(video, options, job_id, name)
        except ClaimLost:
            await self._throw_away(video, job_id, name)
            raise
        await self.queue.enqueue({"job_id": job_id}, options.priority)

    async def _add(self, video: Job, options: JobOptions, job_id: str, name: str) -> None:
        with suppress(Conflict), _as_lost():  # it is there by now
            await self.store.add(
                job_id=job_id,
                source=SourceKind.UPLOAD,
                source_name=name,
                input_path=upload_key(job_id, name),
                options=options,
                held=video,
            )

    async def _throw_away(self, video: Job, job_id: str, name: str) -> None:
        """A picture of a video that was cancelled or deleted meanwhile. Where another run has, or
        had, the video, that may be keeping the same one."""
        now = await self.store.get(video.job_id)
        over = now is None or now.status.ended
        if over and not await self.store.known([job_id]):
            await self.blobs.delete_file(upload_key(job_id, name))


@contextmanager
def _as_lost() -> Iterator[None]:
    """ClaimLost in place of what the store says of a claim that is."""
    try:
        yield
    except Conflict as error:
        if error.code != ClaimLost.code:
            raise
        raise ClaimLost(error.message) from error


def _options(video: Job, at: float) -> JobOptions:
    """What is known of the video is known of its pictures."""
    return JobOptions(
        media_type=MediaType.KEYFRAME,
        asset_id=frame_id(video.asset_id, at),
        parent_id=video.asset_id,
        at=at,
        title=video.title,
        labels=video.options.labels,
        link=video.options.link,
        priority=Priority.BATCH,
    )


async def _one(jpeg: bytes) -> AsyncIterator[bytes]:
    yield jpeg
