"""Last filter: a transcript becomes moments that can be found."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence

from loguru import logger

from app.domain.assets import Asset
from app.domain.crashpoints import reached
from app.domain.errors import SpoolError
from app.domain.jobs import Stage
from app.domain.transcript import Transcript
from app.pipeline.moments import moments_of
from app.pipeline.tools import Tools
from app.pipeline.work import Work
from app.ports import AssetStore, Embedder, Vector, VectorIndex

#: Told a code and a message.
Warn = Callable[[str, str], Awaitable[None]]


async def index(tools: Tools, work: Work) -> None:
    if work.report.stage is not Stage.EMBEDDING:
        await work.report.enter(Stage.EMBEDDING)
    await embed(
        work.found, work.transcript, tools.embedder, tools.index, tools.assets, work.report.warn
    )


async def embed(
    asset: Asset,
    transcript: Transcript | None,
    embedder: Embedder,
    index: VectorIndex,
    assets: AssetStore,
    warn: Warn,
) -> bool:
    """True when all of it is indexed, which is noted with the asset.

    A failure, be it a fault of ours, is a warning: what was found is kept, and the asset stays
    among the unindexed.
    """
    reached("index.before")
    try:
        found = await asyncio.to_thread(moments_of, asset, transcript)  # long for a long text
        known = await index.vectors(asset.asset_id) if asset.revision > 1 else {}
        vectors = await _vectors([moment.text for moment in found], known, embedder, warn)
        await index.replace_asset(asset.asset_id, found, vectors or [None] * len(found))
    except Exception as error:
        await warn("index.failed", f"not searchable: {told(error)}")
        return False
    reached("index.written")
    logger.info("{} moments indexed", len(found))
    if vectors is None:
        return False
    await assets.mark_indexed(asset, index.generation)
    reached("index.marked")
    return True


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


def told(error: Exception) -> str:
    """For a warning; what was not planned is logged whole."""
    if isinstance(error, SpoolError):
        return error.message
    logger.exception("a fault of ours, not of the medium")
    return f"{type(error).__name__}: {error}"
