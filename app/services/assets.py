"""Assets: what is known of each searchable thing, corrected and taken away by its owner."""

from contextlib import suppress
from dataclasses import asdict, dataclass

from loguru import logger

from app.domain.assets import Asset, AssetChanges, asset_of
from app.domain.crashpoints import reached
from app.domain.errors import Conflict, InvalidRequest, NotFound, SpoolError
from app.domain.jobs import Job, JobOptions, thumbnail_key
from app.domain.media_types import SPOKEN, MediaType
from app.domain.writing.formats import MOST_BYTES, TextFormat
from app.ports import AssetStore, BlobStore, JobStore
from app.services.asset_pages import AssetPages, Shown
from app.services.indexer import Indexer
from app.services.intake import Intake
from app.services.jobs import JobService
from app.services.request_key import named


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
class AssetService:
    """All verbs that take an id raise NotFound when there is no such asset."""

    assets: AssetStore
    store: JobStore
    pages: AssetPages
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
        """Durable when this returns, and mostly found already.

        Raises InvalidRequest, MediaTooLarge, Conflict.
        """
        await self._change(asset_id, changes)
        await self.indexer.level(asset_id)
        return await self.get(asset_id)

    async def again(
        self, asset_id: str, changes: AssetChanges, options: JobOptions, key: str | None = None
    ) -> Job:
        """A job that makes the index anew, with `changes`; nothing is looked at again.

        Where it is refused, nothing changes.
        """
        options = await self.intake.checked(options.evolve(asset_id=asset_id))
        request = named(key, options, asdict(changes))
        if request and (before := await self.store.answered(request)):
            return before
        await self._check_kind(asset_id, options.media_type)
        asset = await self._change(asset_id, changes)
        options = options.evolve(
            media_type=asset.media_type,
            title=asset.title,
            labels=asset.labels,
            parent_id=asset.parent_id,
        )
        return await self.intake.submit_again(options, request)

    async def delete(self, asset_id: str) -> None:
        """With all jobs on it, their files, its moments, and the key-frames of a video.

        What is under way is cancelled first. Cut short and done again, it leaves nothing.
        """
        jobs = await self.store.of_asset(asset_id)
        if not jobs:
            raise unknown(asset_id)
        for job_id in await self.store.of_asset(asset_id, under_way=True):
            with suppress(SpoolError):  # it has ended by now
                await self.jobs.cancel(job_id)
        await self.jobs.delete_frames(asset_id)
        await self.jobs.delete_all(jobs)

    async def thumbnail(self, asset_id: str) -> bytes:
        """A JPEG."""
        asset = await self._kept(asset_id)
        with suppress(NotFound):
            return await self.blobs.load_file(thumbnail_key(asset.job_id))
        raise NotFound(f"there is no picture of {asset_id}", code="asset.no_thumbnail")

    async def show(self, name: str) -> Shown:
        """An asset, or a record that was added to the index by itself."""
        asset = await self.assets.get(name)
        if asset is None and (shown := await self.pages.of_record(name)):
            return shown
        return await self.pages.of(asset or await self._kept(name))

    async def _change(self, asset_id: str, changes: AssetChanges) -> Asset:
        asset = await self._kept(asset_id)
        _check(asset, changes)
        text_format = asset.text_format or TextFormat.PLAIN
        await self.pages.passages.check(changes.text or "", text_format)
        if changes == AssetChanges():
            return asset
        edited = await self.assets.edit(asset_id, changes)
        if edited is None:
            raise unknown(asset_id)
        reached("asset.edited")
        logger.bind(asset_id=asset_id).info("changed by its owner")
        return edited

    async def _check_kind(self, asset_id: str, told: MediaType | None) -> None:
        asset = await self._kept(asset_id)
        if told not in (None, asset.media_type):
            raise InvalidRequest(f"mediaType: {asset_id} is {asset.media_type.value}")

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


def unknown(asset_id: str) -> NotFound:
    return NotFound(f"no asset {asset_id}", code="asset.not_found")


def _check(asset: Asset, changes: AssetChanges) -> None:
    """Raises InvalidRequest on what an asset of this kind does not have."""
    spoken = asset.media_type in SPOKEN
    if spoken and changes.text is not None:
        hint = "correct its segments, by their ids in the result"
        raise InvalidRequest("text: what was spoken has none of its own", hint=hint)
    if len((changes.text or "").encode(errors="replace")) > MOST_BYTES:
        raise InvalidRequest(f"text: {MOST_BYTES} bytes are the most")
    if not spoken and (changes.segments or changes.speakers):
        what = "segments" if changes.segments else "speakers"
        raise InvalidRequest(f"{what}: only what was spoken has some")
