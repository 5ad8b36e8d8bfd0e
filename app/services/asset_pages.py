"""All that a page about an asset shows."""

import asyncio
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from app.domain.assets import Asset, Still
from app.domain.media_types import MediaType
from app.domain.records import LATEST, moment_id
from app.domain.search import Moment
from app.domain.transcript import Transcript
from app.domain.writing.document import MOST_PASSAGES
from app.domain.writing.formats import TextFormat
from app.pipeline.moments import moments_of
from app.ports import AssetStore, PageReader, RecordStore, TranscriptStore

MOST_TEXTS = 8  # whose passages are kept; each may have 5 MiB
SHORT = 100_000  # characters, that are cut in no time


@dataclass(frozen=True, kw_only=True)
class Shown:
    asset: Asset
    transcript: Transcript | None = None
    #: Of text.
    passages: Sequence[Moment] = ()
    #: Key-frames of a video, in the order of time.
    frames: Sequence[Still] = ()
    #: The second to begin at, unless another one is asked for.
    at: float | None = None


class Passages:
    """Of the long texts that were read last: to cut one takes seconds, and one at a time.

    Who reads another page waits for none of it.
    """

    def __init__(self, texts: PageReader) -> None:
        self._texts = texts
        self._kept: OrderedDict[tuple[str, int], Sequence[Moment]] = OrderedDict()
        self._turn = asyncio.Lock()

    async def of(self, asset: Asset) -> Sequence[Moment]:
        name = asset.job_id, asset.revision
        if len(asset.text) <= SHORT:
            return await asyncio.to_thread(self._cut, asset)
        if name not in self._kept:
            async with self._turn:
                await self._keep(name, asset)
        self._kept.move_to_end(name)
        return self._kept[name]

    async def check(self, text: str, text_format: TextFormat) -> None:
        """Raises MediaTooLarge when there would be too many of it."""
        if len(text) > MOST_PASSAGES:  # each has a character at least
            async with self._turn:
                await asyncio.to_thread(self._texts.read, text, text_format)

    async def _keep(self, name: tuple[str, int], asset: Asset) -> None:
        """Somebody may have cut it while we waited for our turn."""
        if name not in self._kept:
            found = await asyncio.to_thread(self._cut, asset)
            while len(self._kept) >= MOST_TEXTS:
                self._kept.popitem(last=False)
            self._kept[name] = found

    def _cut(self, asset: Asset) -> Sequence[Moment]:
        found = moments_of(asset, None, self._texts)
        return [each for each in found if each.text != asset.description]


@dataclass(frozen=True, kw_only=True)
class AssetPages:
    assets: AssetStore
    transcripts: TranscriptStore
    records: RecordStore
    passages: Passages

    async def of(self, asset: Asset) -> Shown:
        written, filmed = asset.media_type is MediaType.TEXT, asset.media_type is MediaType.VIDEO
        return Shown(
            asset=asset,
            transcript=await self.transcripts.load(asset.job_id),
            passages=await self.passages.of(asset) if written else (),
            frames=await self.assets.stills(asset.asset_id) if filmed else (),
        )

    async def of_record(self, name: str) -> Shown | None:
        """The moment of the asset that it belongs to; where there is none, its own words."""
        for record in await self.records.get([moment_id(name)]):
            moment = record.moment
            for owner in (moment.parent_id, moment.asset_id):
                if owner and (asset := await self.assets.get(owner)):
                    return replace(await self.of(asset), at=moment.start)
            return Shown(asset=_asset_of(name, moment), passages=(moment,))
        return None


def _asset_of(name: str, moment: Moment) -> Asset:
    """Nothing is known of it but what the record tells."""
    at = datetime.fromtimestamp(min(moment.created_at, LATEST) / 1000, UTC)
    return Asset(
        asset_id=name,
        media_type=moment.media_type,
        job_id="",
        title=moment.title,
        labels=moment.labels,
        link=moment.link or None,
        created_at=at,
        updated_at=at,
    )
