"""Bringing the index level with the database, which alone is the truth."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from loguru import logger

from app.domain.assets import Asset
from app.domain.errors import SpoolError
from app.pipeline.embed import embed
from app.pipeline.moments import moments_of
from app.ports import AssetStore, Embedder, JobStore, PageReader, TranscriptStore, VectorIndex
from app.services.arriving import ArrivingIndex

PAGE = 100  # assets
FIRST_LOOK = 30.0  # seconds
LAST_LOOK = 3600.0


@dataclass(frozen=True, kw_only=True)
class Books:
    """Where what the index is made from is kept."""

    store: JobStore
    assets: AssetStore
    transcripts: TranscriptStore
    texts: PageReader


@dataclass(frozen=True, kw_only=True)
class Look:
    """Assets: how many were indexed, and how many could not be."""

    indexed: int
    failed: int


async def refill(books: Books, embedder: Embedder, index: VectorIndex) -> Look:
    """Index every asset that this generation of the index lacks.

    Replays replace, so it may be cut short at any point: the next run goes on. What fails is
    logged and left to the next run.
    """
    tried: set[str] = set()
    ends: list[bool | None] = []
    while fresh := await _untried(books.assets, index.generation, tried):
        for asset_id in fresh:
            tried.add(asset_id)
            ends.append(await reindex(asset_id, books, embedder, index))
    look = Look(indexed=ends.count(True), failed=ends.count(False))
    if look.indexed or look.failed:
        logger.info("the index is refilled: {} assets, {} failed", look.indexed, look.failed)
    return look


async def _nothing() -> int:
    return 0


async def fill(
    books: Books,
    embedder: Embedder,
    index: VectorIndex,
    extra: Callable[[], Awaitable[int]] = _nothing,
) -> bool:
    """All that the index lacks, and what `extra` brings; False when all that was tried failed.

    Once as much is there as can be, the table of an earlier model goes. Where nothing at all could
    be indexed, the model is at fault: then that one still serves.
    """
    look = await refill(books, embedder, index)
    indexed = look.indexed + await extra()
    if index.renewing and (indexed or not await books.assets.unindexed(index.generation, 1)):
        await index.renewed()
        logger.info("the index of the new model serves from now on")
    return bool(indexed) or not look.failed


async def keep_level(
    books: Books,
    embedder: Embedder,
    index: VectorIndex,
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    extra: Callable[[], Awaitable[int]] = _nothing,
) -> None:
    """For ever: what could not be indexed for a reason that passes is indexed once it has passed.

    Looks rarer and rarer while nothing but failures comes of it.
    """
    delay = FIRST_LOOK
    while True:
        await sleep(delay)
        if not (embedder.ready and index.ready):
            continue
        try:
            good = await fill(books, embedder, index, extra)
        except SpoolError as error:
            logger.error("the index is not level with the database: {}", error.message)
            good = False
        delay = FIRST_LOOK if good else min(2 * delay, LAST_LOOK)


async def delete_late(
    assets: AssetStore,
    index: ArrivingIndex,
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
) -> None:
    """For ever, and on each instance: what was deleted while the index failed goes once it answers.

    It may have been taken in again since.
    """
    while True:
        await sleep(FIRST_LOOK)
        try:
            for asset_id in await index.delete_late():
                await assets.unmark(asset_id)
        except SpoolError as error:
            logger.error("what was taken out of the index is not noted: {}", error.message)


async def prune(assets: AssetStore, index: VectorIndex) -> int:
    """Take out of the index what no asset stands behind; returns how many."""
    stale = await index.assets() - await assets.ids()
    if not stale:
        return 0
    await index.delete_assets(sorted(stale))
    for asset_id in stale & await assets.ids():
        await assets.unmark(asset_id)  # it was taken in again just now
    logger.info("{} assets that are gone are taken out of the index", len(stale))
    return len(stale)


async def unmark_lost(books: Books, index: VectorIndex) -> int:
    """Assets that are marked as indexed and have no row any more; returns how many.

    LanceDB does not fsync: with the power, rows go.
    """
    absent = await books.assets.ids() - await index.assets()
    marked = {each for each in absent if await _should_be_there(each, books, index)}
    if not marked:
        return 0
    lost = marked - await index.assets()  # some were marked since the first look
    for asset_id in lost:
        await books.assets.unmark(asset_id)
    if lost:
        logger.warning("the index has lost {} assets: they are indexed again", len(lost))
    return len(lost)


async def _should_be_there(asset_id: str, books: Books, index: VectorIndex) -> bool:
    asset = await books.assets.get(asset_id)
    if asset is None or asset.indexed_in != index.generation:
        return False
    transcript = await books.transcripts.load(asset.job_id)
    # some have no moments
    return bool(await asyncio.to_thread(moments_of, asset, transcript, books.texts))


async def _untried(assets: AssetStore, generation: str, tried: set[str]) -> list[str]:
    """Those tried in vain are still among the unindexed, and may be the first of them: as many
    again are asked for, so that a million of them are not read ten thousand times."""
    found = await assets.unindexed(generation, PAGE + 2 * len(tried))
    return [asset_id for asset_id in found if asset_id not in tried]


async def reindex(
    asset_id: str, books: Books, embedder: Embedder, index: VectorIndex
) -> bool | None:
    """Whether it could be indexed.

    None for what is left alone: what is gone, and what a job is under way with, which indexes its
    asset itself. However a job ended, what it kept is found.
    """
    with logger.contextualize(asset_id=asset_id):
        try:
            asset = await books.assets.get(asset_id)
            job = await books.store.get(asset.job_id) if asset else None
            if asset is None or job is None or not job.status.ended:
                return None
            return await _indexed(asset, books, embedder, index)
        except Exception:
            logger.exception("the asset could not be indexed again")
            return False


async def _indexed(
    asset: Asset, books: Books, embedder: Embedder, index: VectorIndex
) -> bool | None:
    transcript = await books.transcripts.load(asset.job_id)
    assets, texts, transcripts = books.assets, books.texts, books.transcripts
    whole = await embed(asset, transcript, embedder, index, assets, texts, _log, transcripts)
    if await books.assets.get(asset.asset_id) is None:
        return None  # it was deleted meanwhile
    if whole:
        await books.store.make_good(asset.job_id)
    return whole


async def _log(code: str, message: str) -> None:
    logger.warning("{}: {}", code, message)
