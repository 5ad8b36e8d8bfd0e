"""Last filter: a transcript becomes moments that can be found."""

from collections.abc import Awaitable, Callable, Sequence

from loguru import logger

from app.domain.crashpoints import reached
from app.domain.errors import SpoolError
from app.domain.jobs import VIDEO_SUFFIXES, Job, media_suffix
from app.domain.search import MediaType, Moment
from app.domain.transcript import Transcript
from app.pipeline.moments import moments
from app.ports import Embedder, TranscriptStore, Vector, VectorIndex

#: Told a code and a message.
Warn = Callable[[str, str], Awaitable[None]]


async def embed(
    job: Job,
    transcript: Transcript,
    embedder: Embedder,
    index: VectorIndex,
    transcripts: TranscriptStore,
    warn: Warn,
) -> bool:
    """True when all of it is indexed, which is noted with the transcript.

    A failure, be it a fault of ours, is a warning: the transcript is saved, and stays among the
    unindexed.
    """
    reached("index.before")
    try:
        found = moments_of(job, transcript)
        vectors = await _vectors([moment.text for moment in found], embedder, warn)
        await index.replace_asset(job.asset_id, found, vectors or [None] * len(found))
    except Exception as error:
        await warn("index.failed", f"the transcript is not searchable: {told(error)}")
        return False
    reached("index.written")
    logger.info("{} moments indexed", len(found))
    if vectors is None:
        return False
    await transcripts.mark_indexed(job.job_id, index.generation)
    reached("index.marked")
    return True


def moments_of(job: Job, transcript: Transcript) -> list[Moment]:
    return moments(
        transcript,
        asset_id=job.asset_id,
        media_type=media_type(job),
        title=job.title,
        labels=job.options.labels,
        created_at=int(job.created_at.timestamp() * 1000),
    )


def media_type(job: Job) -> MediaType:
    video = media_suffix(job.source_name) in VIDEO_SUFFIXES
    return MediaType.VIDEO if video else MediaType.AUDIO


async def _vectors(texts: Sequence[str], embedder: Embedder, warn: Warn) -> Sequence[Vector] | None:
    """None without the model: then moments are found by keyword at least."""
    try:
        return await embedder.embed(texts)
    except Exception as error:
        await warn("embedding.failed", f"found by keyword only: {told(error)}")
        return None


def told(error: Exception) -> str:
    """For a warning; what was not planned is logged whole."""
    if isinstance(error, SpoolError):
        return error.message
    logger.exception("a fault of ours, not of the medium")
    return f"{type(error).__name__}: {error}"
