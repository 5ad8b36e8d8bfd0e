"""Filling the index from the database, which alone is the truth."""

from collections.abc import AsyncIterator

from loguru import logger

from app.domain.jobs import Job, JobStatus
from app.pipeline.embed import embed
from app.ports import Embedder, JobStore, TranscriptStore, VectorIndex

PAGE = 100  # jobs


async def refill(
    store: JobStore, transcripts: TranscriptStore, embedder: Embedder, index: VectorIndex
) -> int:
    """Index every transcript again; returns how many. Replays replace, so it may be cut short.

    Newest first: of two jobs for one asset, the newer stays.
    """
    done: set[str] = set()
    async for job in _completed(store):
        transcript = await transcripts.load(job.job_id)
        if transcript is None or job.asset_id in done:
            continue
        with logger.contextualize(job_id=job.job_id):
            await embed(job, transcript, embedder, index, _log)
        done.add(job.asset_id)
    return len(done)


async def _completed(store: JobStore) -> AsyncIterator[Job]:
    cursor: str | None = None
    while True:
        page = await store.list(status=JobStatus.COMPLETED, limit=PAGE, cursor=cursor)
        for job in page.jobs:
            yield job
        if (cursor := page.cursor) is None:
            return


async def _log(code: str, message: str) -> None:
    logger.warning("{}: {}", code, message)
