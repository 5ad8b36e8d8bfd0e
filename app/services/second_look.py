"""Pictures that the visual model has not seen: it was not there yet, or is another one now."""

from contextlib import closing
from dataclasses import dataclass

from loguru import logger

from app.domain.assets import Asset
from app.domain.errors import SpoolError
from app.domain.jobs import Job
from app.domain.pictures import Sight
from app.pipeline.bitmap import developed
from app.pipeline.fetch import fetch
from app.ports import (
    AssetStore,
    Darkroom,
    JobStore,
    MediaFetcher,
    Scratch,
    SourceFolders,
    VisualEmbedder,
)

PAGE = 50  # assets


@dataclass(frozen=True, kw_only=True)
class SecondLook:
    """What is noted of a picture takes its mark away: the index is brought level by itself."""

    assets: AssetStore
    store: JobStore
    scratch: Scratch
    fetcher: MediaFetcher
    in_place: SourceFolders
    darkroom: Darkroom
    eyes: VisualEmbedder
    #: Name of the model behind `eyes`.
    model: str
    #: Of this instance: pictures that lie on another one's machine are looked at there.
    home: str | None = None

    async def run(self) -> None:
        """Once. Never raises: what is left is looked at after the next start."""
        try:
            if number := await self.run_once():
                logger.info("{} pictures looked at again by {}", number, self.model)
        except Exception:
            logger.exception("pictures cannot be looked at again: the next start goes on")

    async def run_once(self) -> int:
        """How many it has seen; one after the other, so that others hardly wait."""
        number, after = 0, None
        while page := await self.assets.unseen(self.model, PAGE, after=after):
            for asset in page:
                number += await self._looked(asset)
            after = page[-1].asset_id
        return number

    async def _looked(self, asset: Asset) -> bool:
        job = await self.store.get(asset.job_id)
        if job is None or job.home not in (None, self.home) or not await self._is_unseen(asset):
            return False
        try:
            return await self.assets.note_sight(asset, await self._seen(job))
        except SpoolError as error:
            logger.bind(job_id=job.job_id).warning("not looked at again: {}", error.message)
            return False

    async def _is_unseen(self, asset: Asset) -> bool:
        """Other instances go through the same pictures, and may have been quicker."""
        now = await self.assets.get(asset.asset_id)
        return bool(now and now.picture and now.picture.visual_model != self.model)

    async def _seen(self, job: Job) -> Sight:
        with closing(await fetch(job, self.scratch, self.fetcher, self.in_place)) as held:
            bitmap = await developed(self.darkroom, held)
        with closing(bitmap):
            return await self.eyes.see(bitmap)
