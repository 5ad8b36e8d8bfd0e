"""Bringing the index level with the database, which alone is the truth."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from loguru import logger

from app.domain.errors import SpoolError
from app.domain.jobs import JobStatus
from app.pipeline.embed import embed
from app.ports import AssetStore, Embedder, JobStore, TranscriptStore, VectorIndex

PAGE = 100  # assets
FIRST_LOOK = 30.0  # seconds
LAST_LOOK = 3600.0


@dataclass(frozen=True, kw_only=True)
class Books:
    """Where what the index is made from is kept."""

    store: JobStore
    assets: AssetStore
    transcripts: TranscriptStore


async def refill(books: Books, embedder: Embedder, index: VectorIndex) -> int:
    """Index every asset that this generation of the index lacks; returns how many.

    Replays replace, so it may be cut short at any point: the next run goes on. What fails is
    logged and left to the next run.
    """
    tried: set[str] = set()
    number = 0
    while fresh := await _untried(books.assets, index.generation, tried):
        for asset_id in fresh:
            tried.add(asset_id)
            number += await reindex(asset_id, books, embedder, index)
    if tried:
        logger.info("the index is refilled: {} of {} assets", number, len(tried))
    return number


async def _nothing() -> int:
    return 0


async def fill(
    books: Books,
    embedder: Embedder,
    index: VectorIndex,
    extra: Callable[[], Awaitable[int]] = _nothing,
) -> bool:
    """All that the index lacks, and what `extra` brings; True when nothing stays behind.

    Once as much is there as can be, the table of an earlier model goes. Where nothing at all could
    be indexed, the model is at fault: then that one still serves.
    """
    indexed = await refill(books, embedder, index) + await extra()
    behind = bool(await books.assets.unindexed(index.generation, 1))
    if index.renewing and (indexed or not behind):
        await index.renewed()
        logger.info("the index of the new model serves from now on")
    return not behind


async def keep_level(
    books: Books,
    embedder: Embedder,
    index: VectorIndex,
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    extra: Callable[[], Awaitable[int]] = _nothing,
) -> None:
    """For ever: what could not be indexed for a reason that passes is indexed once it has passed.

    Looks rarer and rarer while something stays behind.
    """
    delay = FIRST_LOOK
    while True:
        await sleep(delay)
        if not (embedder.ready and index.ready):
            continue
        try:
            level = await fill(books, embedder, index, extra)
        except SpoolError as error:
            logger.error("the index is not level with the database: {}", error.message)
            level = False
        delay = FIRST_LOOK if level else min(2 * delay, LAST_LOOK)


async def prune(assets: AssetStore, index: VectorIndex) -> int:
    """Take out of the index what no asset stands behind; returns how many."""
    stale = await index.assets() - await assets.ids()
    for asset_id in stale:
        await index.delete_asset(asset_id)
    if stale:
        logger.info("{} assets that are gone are taken out of the index", len(stale))
    return len(stale)


async def _untried(assets: AssetStore, generation: str, tried: set[str]) -> list[str]:
    """Those tried in vain are still among the unindexed, and may be the first of them."""
    found = await assets.unindexed(generation, PAGE + len(tried))
    return [asset_id for asset_id in found if asset_id not in tried]


async def reindex(asset_id: str, books: Books, embedder: Embedder, index: VectorIndex) -> bool:
    """Only of completed jobs: one that is still under way indexes its asset itself."""
    with logger.contextualize(asset_id=asset_id):
        try:
            asset = await books.assets.get(asset_id)
            job = await books.store.get(asset.job_id) if asset else None
            if asset is None or job is None or job.status is not JobStatus.COMPLETED:
                return False
            transcript = await books.transcripts.load(asset.job_id)
            whole = await embed(asset, transcript, embedder, index, books.assets, _log)
            if await books.assets.get(asset_id) is None:
                await index.delete_asset(asset_id)  # it was deleted meanwhile
                return False
            if not whole:
                return False
            await books.store.make_good(asset.job_id)
            return True
        except Exception:
            logger.exception("the asset could not be indexed again")
            return False


async def _log(code: str, message: str) -> None:
    logger.warning("{}: {}", code, message)
