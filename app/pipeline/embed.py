"""Last filter: a transcript becomes moments that can be found."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress

from loguru import logger

from app.domain.assets import Asset
from app.domain.crashpoints import reached
from app.domain.errors import SpoolError
from app.domain.jobs import Stage
from app.domain.transcript import Transcript
from app.pipeline.moments import moments_of
from app.pipeline.report import told
from app.pipeline.tools import Tools
from app.pipeline.work import Work
from app.ports import AssetStore, Embedder, PageReader, TranscriptStore, Vector, VectorIndex

#: Told a code and a message.
Warn = Callable[[str, str], Awaitable[None]]


async def index(tools: Tools, work: Work) -> None:
    if work.report.stage is not Stage.EMBEDDING:
        await work.report.enter(Stage.EMBEDDING)
    await level(tools, work)


async def level(tools: Tools, work: Work) -> None:
    """The index has the asset as it is known now."""
    await embed(
        work.found,
        work.transcript,
        tools.embedder,
        tools.index,
        tools.assets,
        tools.texts,
        work.report.warn,
        tools.transcripts,
        await work.ahead.vectors() if work.ahead else {},
    )


async def embed(
    asset: Asset,
    transcript: Transcript | None,
    embedder: Embedder,
    index: VectorIndex,
    assets: AssetStore,
    texts: PageReader,
    warn: Warn,
    transcripts: TranscriptStore | None = None,
    made: Mapping[str, Vector] | None = None,
) -> bool:
    """True when all of it is indexed, which is noted with the asset.

    Vectors take their time, and others write, too: what was changed meanwhile is written anew, so
    that no old words stay. What is spoken needs `transcripts` for that. Texts whose vectors are
    `made` already are not embedded again.

    A failure, be it a fault of ours, is a warning: what was found is kept, and the asset stays
    among the unindexed.
    """
    while True:
        reached("index.before")
        whole = await _written(asset, transcript, embedder, index, texts, warn, made or {})
        if whole and await assets.mark_indexed(asset, index.generation):
            reached("index.marked")
            return True
        now = await assets.get(asset.asset_id)
        if now is None:
            await take_back(asset.asset_id, index, assets)
            return False
        if whole is None or (now.job_id, now.revision) == (asset.job_id, asset.revision):
            return False
        asset = now
        transcript = await transcripts.load(now.job_id) if transcripts else transcript


async def take_back(asset_id: str, index: VectorIndex, assets: AssetStore) -> None:
    """What was deleted while it was written here: whoever did that could not know of it."""
    with suppress(SpoolError):  # the index keeps it in mind
        await index.delete_asset(asset_id)
        await assets.unmark(asset_id)  # it may have been taken in again since


async def _written(
    asset: Asset,
    transcript: Transcript | None,
    embedder: Embedder,
    index: VectorIndex,
    texts: PageReader,
    warn: Warn,
    made: Mapping[str, Vector],
) -> bool | None:
    """Whether it is there with vectors; None where it is not there at all."""
    try:
        # long for a long text
        found = await asyncio.to_thread(moments_of, asset, transcript, texts)
        known = await index.vectors(asset.asset_id) if asset.revision > 1 else {}
        known = {**made, **known}
        vectors = await _vectors([moment.text for moment in found], known, embedder, warn)
        await index.replace_asset(asset.asset_id, found, vectors or [None] * len(found))
    except Exception as error:
        await warn("index.failed", f"not searchable: {told(error)}")
        return None
    reached("index.written")
    logger.info("{} moments indexed", len(found))
    return vectors is not None


async def _vectors(
    texts: Sequence[str], known: Mapping[str, Vector], embedder: Embedder, warn: Warn
) -> Sequence[Vector] | None:
    """None without the model: then moments are found by keyword at least.

    A correction of one sentence costs one vector: what is `known` stays.
    """
    try:
        fresh = [text for text in texts if text not in known]
        made = dict(zip(fresh, await embedder.embed(fresh), strict=True)) if fresh else {}
        return [made[text] if text in made else known[text] for text in texts]
    except Exception as error:
        await warn("embedding.failed", f"found by keyword only: {told(error)}")
        return None
