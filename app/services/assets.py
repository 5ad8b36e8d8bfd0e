"""Assets: what is known of each searchable thing, corrected and taken away by its owner."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass

from loguru import logger

from app.domain.assets import Asset, AssetChanges, asset_of
from app.domain.errors import Conflict, InvalidRequest, NotFound, SpoolError
from app.domain.jobs import Job, JobOptions, thumbnail_key
from app.domain.media_types import SPOKEN, MediaType
from app.domain.search import Moment
from app.domain.transcript import Transcript
from app.pipeline.moments import moments_of
from app.ports import AssetStore, BlobStore, JobStore, TranscriptStore
from app.services.indexer import Indexer
from app.services.intake import Intake
from app.services.jobs import JobService

MOST_FRAMES = 500  # of a video that are shown


@dataclass(frozen=True, kw_only=True)
class AssetState:
    """What is known of it, and how far it is."""

    asset: Asset
    #: The newest on it.
    job: Job
    #: Whether something was found already; else all is as it was asked for.
    kept: bool
    #: Whether it is found as it is now.
    indexed: bool


@dataclass(frozen=True, kw_only=True)
class AssetStates:
    states: tuple[AssetState, ...]
    cursor: str | None


@dataclass(frozen=True, kw_only=True)
class Shown:
    """All that a page about it shows."""

    asset: Asset
    transcript: Transcript | None
    #: Of text.
    passages: Sequence[Moment]
    #: Key-frames of a video, in the order of time.
    frames: Sequence[Asset]


@dataclass(frozen=True, kw_only=True)
class AssetService:
    """All verbs that take an id raise NotFound when there is no such asset."""

    assets: AssetStore
    store: JobStore
    transcripts: TranscriptStore
    blobs: BlobStore
    jobs: JobService
    intake: Intake
    indexer: Indexer

    async def get(self, asset_id: str) -> AssetState:
        """Also one that is still on its way for the first time."""
        asset = await self.assets.get(asset_id)
        job = (await self.store.newest([asset_id])).get(asset_id)
        if asset is None and job is not None:
            return AssetState(asset=asset_of(job), job=job, kept=False, indexed=False)
        if asset is None or job is None:
            raise unknown(asset_id)
        return self._state(asset, job)

    async def list(
        self,
        *,
        media_type: MediaType | None,
        parent_id: str | None,
        limit: int,
        cursor: str | None,
    ) -> AssetStates:
        """Of those that something is known of, newest first."""
        page = await self.assets.list(
            media_type=media_type, parent_id=parent_id, limit=limit, cursor=cursor
        )
        jobs = await self.store.newest([asset.asset_id for asset in page.assets])
        states = [
            self._state(asset, jobs[asset.asset_id])
            for asset in page.assets
            if asset.asset_id in jobs
        ]
        return AssetStates(states=tuple(states), cursor=page.cursor)

    async def edit(self, asset_id: str, changes: AssetChanges) -> AssetState:
        """Durable when this returns, and mostly found already. Raises InvalidRequest, Conflict."""
        await self._change(asset_id, changes)
        await self.indexer.level(asset_id)
        return await self.get(asset_id)

    async def again(self, asset_id: str, changes: AssetChanges, options: JobOptions) -> Job:
        """A job that makes the index anew, with `changes`; nothing is looked at again."""
        asset = await self._change(asset_id, changes)
        options = options.evolve(
            asset_id=asset_id, media_type=asset.media_type, title=asset.title, labels=asset.labels
        )
        upload = self.intake.expect(asset.title)
        job = await self.intake.submit_kept(upload, await self.intake.checked(options))
        assert job is not None  # the id is a new one
        return job

    async def delete(self, asset_id: str) -> None:
        """With all jobs on it, their files, its moments, and the key-frames of a video.

        What is under way is cancelled first. Cut short and done again, it leaves nothing.
        """
        jobs = await self.store.of_asset(asset_id)
        if not jobs:
            raise unknown(asset_id)
        for job_id in jobs:
            with suppress(SpoolError):  # it has ended
                await self.jobs.cancel(job_id)
        await self.jobs.delete_frames(asset_id)
        for job_id in jobs:
            with suppress(NotFound):
                await self.jobs.delete(job_id)

    async def thumbnail(self, asset_id: str) -> bytes:
        """A JPEG."""
        asset = await self._kept(asset_id)
        with suppress(NotFound):
            return await self.blobs.load_file(thumbnail_key(asset.job_id))
        raise NotFound(f"there is no picture of {asset_id}", code="asset.no_thumbnail")

    async def show(self, asset_id: str) -> Shown:
        asset = await self._kept(asset_id)
        return Shown(
            asset=asset,
            transcript=await self.transcripts.load(asset.job_id),
            passages=await _passages(asset),
            frames=await self._frames(asset),
        )

    async def _frames(self, asset: Asset) -> Sequence[Asset]:
        if asset.media_type is not MediaType.VIDEO:
            return ()
        page = await self.assets.list(parent_id=asset.asset_id, limit=MOST_FRAMES)
        return sorted(page.assets, key=lambda frame: frame.at or 0.0)

    async def _change(self, asset_id: str, changes: AssetChanges) -> Asset:
        asset = await self._kept(asset_id)
        _check(asset, changes)
        if changes == AssetChanges():
            return asset
        edited = await self.assets.edit(asset_id, changes)
        if edited is None:
            raise unknown(asset_id)
        logger.bind(asset_id=asset_id).info("changed by its owner")
        return edited

    async def _kept(self, asset_id: str) -> Asset:
        asset = await self.assets.get(asset_id)
        if asset is None:
            if await self.store.of_asset(asset_id):
                raise Conflict(
                    f"nothing is known of {asset_id} yet",
                    code="asset.not_ready",
                    hint="come back when its job has completed",
                )
            raise unknown(asset_id)
        return asset

    def _state(self, asset: Asset, job: Job) -> AssetState:
        indexed = self.indexer.has(asset.indexed_in)
        return AssetState(asset=asset, job=job, kept=True, indexed=indexed)


async def _passages(asset: Asset) -> Sequence[Moment]:
    """A long text takes seconds."""
    if asset.media_type is not MediaType.TEXT:
        return ()
    found = await asyncio.to_thread(moments_of, asset, None)
    return [passage for passage in found if passage.text != asset.description]


def unknown(asset_id: str) -> NotFound:
    return NotFound(f"no asset {asset_id}", code="asset.not_found")


def _check(asset: Asset, changes: AssetChanges) -> None:
    """Raises InvalidRequest on what an asset of this kind does not have."""
    spoken = asset.media_type in SPOKEN
    if spoken and changes.text is not None:
        hint = "correct its segments, by their ids in the result"
        raise InvalidRequest("text: what was spoken has none of its own", hint=hint)
    if not spoken and (changes.segments or changes.speakers):
        what = "segments" if changes.segments else "speakers"
        raise InvalidRequest(f"{what}: only what was spoken has some")
