"""Bringing the index level with the database, which alone is the truth."""

import asyncio
from collections.abc import Awaitable, Callable

from loguru import logger

from app.domain.errors import SpoolError
from app.domain.jobs import JobStatus
from app.pipeline.embed import embed
from app.ports import Embedder, JobStore, TranscriptStore, VectorIndex

PAGE = 100  # transcripts
FIRST_LOOK = 30.0  # seconds
LAST_LOOK = 3600.0


async def refill(
    store: JobStore, transcripts: TranscriptStore, embedder: Embedder, index: VectorIndex
) -> int:
    """Index every transcript that this generation of the index lacks; returns how many.

    Replays replace, so it may be cut short at any point: the next run goes on. What fails is
    logged and left to the next run.
    """
    tried: set[str] = set()
    number = 0
    while fresh := await _untried(transcripts, index.generation, tried):
        for job_id in fresh:
            tried.add(job_id)
            number += await _indexed(job_id, store, transcripts, embedder, index)
    if tried:
        logger.info("the index is refilled: {} of {} transcripts", number, len(tried))
    return number


async def keep_level(
    store: JobStore,
    transcripts: TranscriptStore,
    embedder: Embedder,
    index: VectorIndex,
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
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
            await refill(store, transcripts, embedder, index)
            behind = await transcripts.unindexed(index.generation, 1)
        except SpoolError as error:
            logger.error("the index is not level with the database: {}", error.message)
            behind = ["unknown"]
        delay = min(2 * delay, LAST_LOOK) if behind else FIRST_LOOK


async def prune(transcripts: TranscriptStore, index: VectorIndex) -> int:
    """Take out of the index what no transcript stands behind; returns how many assets."""
    stale = await index.assets() - await transcripts.assets()
    for asset_id in stale:
        await index.delete_asset(asset_id)
    if stale:
        logger.info("{} assets that are gone are taken out of the index", len(stale))
    return len(stale)


async def _untried(transcripts: TranscriptStore, generation: str, tried: set[str]) -> list[str]:
    """Those tried in vain are still among the unindexed, and may be the first of them."""
    found = await transcripts.unindexed(generation, PAGE + len(tried))
    return [job_id for job_id in found if job_id not in tried]


async def _indexed(
    job_id: str,
    store: JobStore,
    transcripts: TranscriptStore,
    embedder: Embedder,
    index: VectorIndex,
) -> bool:
    """Only of completed jobs: one that is still under way indexes its transcript itself."""
    with logger.contextualize(job_id=job_id):
        try:
            job, transcript = await store.get(job_id), await transcripts.load(job_id)
            if job is None or transcript is None or job.status is not JobStatus.COMPLETED:
                return False
            if not await embed(job, transcript, embedder, index, transcripts, _log):
                return False
            await store.make_good(job_id)
            return True
        except Exception:
            logger.exception("the transcript could not be indexed again")
            return False


async def _log(code: str, message: str) -> None:
    logger.warning("{}: {}", code, message)
