"""Telling of jobs, and changing their course by hand."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from typing import Any

from loguru import logger

from app.domain.assets import Asset, asset_of
from app.domain.crashpoints import reached
from app.domain.errors import Conflict, NotFound, SpoolError
from app.domain.jobs import PASSING_WARNINGS, AssetStage, Job, JobPage, JobStatus
from app.domain.media_types import SPOKEN, MediaType
from app.domain.result import no_words, result_of
from app.domain.retention import Expiry
from app.domain.transcript import Segment, Transcript
from app.ports import (
    AssetStore,
    BlobStore,
    JobQueue,
    JobStore,
    PageReader,
    TranscriptStore,
    VectorIndex,
)
from app.services.alike import not_replaced
from app.services.job_files import delete_files
from app.services.watch import LOOK, JobWatch

PAGE = 200  # dead letters replayed at once
AT_ONCE = 1000  # jobs deleted together


class JobService:
    """`drop` stops work on a job that this run may have under way; `forget` is told of a job
    whose row is about to be deleted; `ended` is called when a job was ended by hand; `overtake`
    ends what takes the same asset in as a later job does, and never raises."""

    def __init__(
        self,
        *,
        store: JobStore,
        transcripts: TranscriptStore,
        assets: AssetStore,
        queue: JobQueue,
        blobs: BlobStore,
        texts: PageReader,
        index: VectorIndex,
        watch: JobWatch,
        drop: Callable[[str], Awaitable[None]],
        forget: Callable[[str], None],
        ended: Callable[[], None],
        overtake: Callable[[Job], Awaitable[None]],
    ) -> None:
        self._store, self._transcripts, self._queue = store, transcripts, queue
        self._assets, self._texts = assets, texts
        self._blobs, self._index, self._watch = blobs, index, watch
        self._drop, self._forgotten, self._ended = drop, forget, ended
        self._overtake = overtake

    async def get(self, job_id: str) -> Job:
        job = await self._store.get(job_id)
        if job is None:
            raise NotFound(f"no job {job_id}", code="job.not_found")
        return job

    async def wait(self, job_id: str, seconds: float) -> Job:
        """The job as soon as it has ended, or as it is after `seconds`, or when the service stops.

        Another instance may end it, and nothing be heard of that: it is looked at now and then.
        """
        deadline = asyncio.get_running_loop().time() + seconds
        with self._watch.subscribe(job_id) as changes:
            job = await self.get(job_id)
            while not job.status.ended:
                left = deadline - asyncio.get_running_loop().time()
                if left <= 0 or self._watch.closed:
                    break
                await changes.wait(min(left, LOOK))
                job = await self.get(job_id)
        return job

    async def list(
        self,
        *,
        status: JobStatus | None = None,
        dead_letter: bool | None = None,
        media_type: MediaType | None = None,
        sha256: str | None = None,
        limit: int,
        cursor: str | None,
    ) -> JobPage:
        """Key-frames only among dead letters, or when asked for by their kind.

        Of those on certain bytes, by `sha256`, only what no later job has replaced.
        """
        page = await self._store.list(
            status=status,
            dead_letter=dead_letter,
            media_type=media_type,
            sha256=sha256,
            limit=limit,
            cursor=cursor,
        )
        if sha256 is None:
            return page
        return replace(page, jobs=await not_replaced(self._store, page.jobs))

    async def titles(self, *jobs: Job) -> dict[str, str]:
        """What is kept of them is called so by now, by job: a text is by its heading."""
        ended = [job.job_id for job in jobs if job.status.ended]
        return await self._assets.titles(ended) if ended else {}

    async def transcript(self, job: Job) -> Transcript:
        """Raises Conflict when the job ended without one; of a silent video it has no words.

        A saved transcript stands, also when what came after it failed for good.
        """
        asset, found = await self._known(job)
        if found is not None:
            return found.named(asset.speakers) if asset else found
        if asset is None or asset.media_type in SPOKEN:
            self._check_result(job, asset)
            return no_words(job)
        raise Conflict(f"of {job.media_type} media there is no transcript", code="job.no_result")

    async def result(self, job: Job) -> dict[str, Any]:
        """The result document, of what is known now. Raises Conflict as `transcript` does."""
        asset, transcript = await self._known(job)
        if transcript is None:
            self._check_result(job, asset)
        found, read = asset or asset_of(job), self._texts.read
        return await asyncio.to_thread(result_of, job, found, transcript, read)

    async def _known(self, job: Job) -> tuple[Asset | None, Transcript | None]:
        """What is kept of what the job found, or of the asset that it looked at again."""
        if job.options.asset_stage is AssetStage.INITIAL:
            asset = await self._assets.of_job(job.job_id)
        else:
            asset = await self._assets.get(job.asset_id)
        by = asset.job_id if asset else job.job_id
        return asset, await self._transcripts.load(by)

    @staticmethod
    def _check_result(job: Job, asset: Asset | None) -> None:
        if job.output_path is None:
            reason = f": {job.error_message}" if job.error_message else ""
            raise Conflict(
                f"the job {_end_of(job)} and has no result{reason}",
                code=job.error_code or "job.no_result",
            )
        if asset is None:
            raise _superseded(job)

    async def said(self, asset: Asset) -> tuple[Segment, ...]:
        """What is kept of it, passage by passage; nothing of what nobody listens to."""
        transcript = await self._transcripts.load(asset.job_id)
        return transcript.named(asset.speakers).segments if transcript else ()

    async def partial(self, job_id: str) -> Sequence[Segment]:
        """What is transcribed so far."""
        windows = await self._transcripts.partial(job_id)
        return [segment for window in windows for segment in window.segments]

    async def cancel(self, job_id: str) -> Job:
        """Stops the engine too. Raises Conflict when the job has ended already."""
        seen = await self.get(job_id)
        if not await self._store.cancel(job_id):
            ended = await self.get(job_id)
            raise Conflict(f"the job has {_how_ended(ended)}: there is nothing to cancel")
        reached("job.cancelled")
        _tell(await self._store.get(job_id) or seen, "cancelled on request")
        await self._drop(job_id)
        self._watch.tell(job_id)
        self._ended()
        return await self.get(job_id)

    async def retry(self, job_id: str) -> Job:
        """Another round for a job that failed or was cancelled, or for stages that did.

        Windows that are finished, and a transcript that is saved, are not computed again.
        """
        job = await self.get(job_id)
        if job.status is JobStatus.COMPLETED and not _late_stage_failed(job):
            raise Conflict("the job completed, and nothing in it failed")
        if job.status is JobStatus.COMPLETED and (await self._known(job))[0] is None:
            raise _superseded(job)  # nothing of it is left to run
        if not await not_replaced(self._store, [job]):
            raise _superseded(job)  # it would take the place of what came later
        if not await self._reopened(job):
            raise Conflict(f"the job is {job.status.value}: there is nothing to retry")
        return await self.get(job_id)

    async def replay(self, job_id: str) -> Job:
        """A dead letter, with fresh budgets. Raises NotFound when the job is none."""
        if not (await self.get(job_id)).dead_letter:
            raise NotFound(f"the job {job_id} is no dead letter", code="job.no_dead_letter")
        return await self.retry(job_id)

    async def replay_all(self) -> Sequence[str]:
        """Every dead letter that no later job has replaced; returns their ids.

        The newest first, and each looked at just before: of two on one asset the later one goes.
        """
        replayed: list[str] = []
        cursor: str | None = None
        while True:
            page = await self._store.list(dead_letter=True, limit=PAGE, cursor=cursor)
            for job in page.jobs:
                if await not_replaced(self._store, [job]) and await self._reopened(job):
                    replayed.append(job.job_id)
            if (cursor := page.cursor) is None:
                return replayed

    async def _reopened(self, job: Job) -> bool:
        if not await self._store.reopen(job):
            return False
        _tell(job, "sent on its way again by hand")
        await self._overtake(job)  # also this one, if a later job came since we looked
        await self._queue.enqueue({"job_id": job.job_id}, job.options.priority)
        return True

    async def delete(self, job_id: str) -> None:
        """Row, files and moments, those of a video's key-frames too. A job under way is cancelled
        first.

        The row goes first: what a crash leaves of the rest is swept at the next start.
        """
        job = await self.get(job_id)
        if await self._store.cancel(job_id):
            self._watch.abroad(job_id)  # whoever works on it may stop; it is not gone yet
        await self._drop(job_id)  # a cancelled walk may still be on its way to its end
        await self.delete_all(await self._frames_of(job))
        if not await self._removed(job):
            raise Conflict("the job was sent on its way again meanwhile")

    async def expire(self, job: Job, expiry: Expiry) -> bool:
        """Delete it if its time is still over; one that was sent on its way again stays.

        The row goes first, or one that stays would have lost its key-frames; those that a crash
        leaves have a time of their own once their video is gone.
        """
        frames = await self._frames_of(job)
        if not await self._removed(job, expiry):
            return False
        await self.delete_all(frames)
        return True

    async def _removed(self, job: Job, expiry: Expiry | None = None) -> bool:
        searchable = await self._assets.of_job(job.job_id) is not None  # else another job's
        self._forgotten(job.job_id)
        found = await self._store.delete(job.job_id, expiry=expiry)
        if not found and (expiry or await self._store.get(job.job_id)):
            return False
        reached("delete.row")
        await delete_files(self._blobs, [job])
        reached("delete.files")
        if searchable:
            await self._forget(job.asset_id)
        self._watch.gone(job.job_id)
        _tell(job, "deleted")
        return True

    async def delete_frames(self, video_id: str) -> None:
        """Before the video itself: cut short and done again, it leaves none."""
        await self.delete_all(await self._store.of_frames(video_id))

    async def _frames_of(self, job: Job) -> Sequence[str]:
        """Ids of the key-frames that only this job needs."""
        if job.media_type is not MediaType.VIDEO:
            return ()
        kept = await self._assets.get(job.asset_id)
        if kept is not None and kept.job_id != job.job_id:
            return ()
        before = await self._taken_in_again(job)
        return await self._store.of_frames(job.asset_id, before=before)

    async def _taken_in_again(self, job: Job) -> datetime | None:
        """When, by a later job: from then on, key-frames are that one's own."""
        last = (await self._store.newest([job.asset_id], living=True)).get(job.asset_id)
        return last.created_at if last and last.created_at > job.created_at else None

    async def delete_all(self, job_ids: Sequence[str], held: Job | None = None) -> None:
        """As `delete`, but of many in one go; one that is gone is fine.

        With `held`, for that job: raises Conflict `job.claim_lost` once another claim holds it.
        """
        for first in range(0, len(job_ids), AT_ONCE):
            part = job_ids[first : first + AT_ONCE]
            gone = await self._removed_together(part, held)
            for job_id in part:
                if job_id not in gone:
                    with suppress(NotFound):
                        await self.delete(job_id)

    async def _removed_together(self, job_ids: Sequence[str], held: Job | None) -> set[str]:
        """Those on which nobody is at work."""
        searchable = await self._assets.of_jobs(job_ids)
        for job_id in job_ids:
            self._forgotten(job_id)
        gone = await self._store.delete_all(job_ids, held=held)
        reached("delete.row")
        for job in gone:
            await self._drop(job.job_id)  # a cancelled walk may still be on its way to its end
        await delete_files(self._blobs, gone)
        reached("delete.files")
        if found := [job.asset_id for job in gone if job.asset_id in searchable]:
            await self._forget(*found)
        for job in gone:
            self._watch.gone(job.job_id)
        logger.info("{} jobs deleted", len(gone))
        return {job.job_id for job in gone}

    async def _forget(self, *asset_ids: str) -> None:
        try:
            await self._index.delete_assets(asset_ids)
            await self._assets.unmark(*asset_ids)  # a later job may have come in between
        except SpoolError as error:
            logger.warning("still in the index, the next start removes it: {}", error.message)


def _tell(job: Job, what: str) -> None:
    stage = job.stage.value if job.stage else None
    logger.bind(job_id=job.job_id, stage=stage, attempt=job.attempts).info(what)


def _superseded(job: Job) -> Conflict:
    return Conflict(
        f"a later job replaced what this one found for the asset {job.asset_id}",
        code="job.superseded",
    )


def _end_of(job: Job) -> str:
    return "was cancelled" if job.status is JobStatus.CANCELLED else job.status.value


def _how_ended(job: Job) -> str:
    return "been cancelled" if job.status is JobStatus.CANCELLED else job.status.value


def _late_stage_failed(job: Job) -> bool:
    return any(warning.code in PASSING_WARNINGS for warning in job.warnings)
