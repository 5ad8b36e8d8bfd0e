"""Transcripts, one for each asset, behind the `TranscriptStore` port."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import and_, delete, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from app.adapters.sql.codec import (
    language_from_json,
    language_to_json,
    segments_from_json,
    segments_to_json,
    topics_from_json,
    topics_to_json,
    window_from_json,
)
from app.adapters.sql.database import Database
from app.adapters.sql.ids import is_job_id
from app.adapters.sql.tables import JobRow, TranscriptRow, WindowRow
from app.adapters.sql.transitions import held
from app.domain.clock import Clock, utc_now
from app.domain.errors import Conflict
from app.domain.jobs import Job
from app.domain.transcript import Topic, Transcript, WindowTranscript


class SqlTranscriptStore:
    def __init__(self, database: Database, clock: Clock = utc_now) -> None:
        self._database, self._clock = database, clock

    async def save(self, job: Job, transcript: Transcript) -> None:
        """Fenced like the verbs of the job store: raises Conflict when the claim is lost."""
        values = {
            "job_id": job.job_id,
            "asset_id": job.asset_id,
            "indexed_in": None,
            "provider": transcript.provider,
            "model": transcript.model,
            "duration": transcript.duration,
            "language": language_to_json(transcript.language_detection),
            "segments": segments_to_json(transcript.segments),
            "text": transcript.text,
            "topics": topics_to_json(transcript.topics),
            "created_at": self._clock(),
        }
        await self._database.write(lambda session: _replace(session, job, values))

    async def load(self, job_id: str) -> Transcript | None:
        """None also when a later job took the same asset in again."""
        if not is_job_id(job_id):
            return None
        return await self._database.read(lambda session: _load(session, job_id))

    async def has(self, job_id: str) -> bool:
        return is_job_id(job_id) and await self._database.read(
            lambda session: _has(session, job_id)
        )

    async def unmark(self, asset_id: str) -> None:
        await self._database.write(lambda session: _unmark(session, asset_id))

    async def partial(self, job_id: str, first: int = 0) -> Sequence[WindowTranscript]:
        if not is_job_id(job_id):
            return ()
        return await self._database.read(lambda session: _partial(session, job_id, first))

    async def mark_indexed(self, job_id: str, generation: str) -> None:
        if is_job_id(job_id):
            await self._database.write(lambda session: _mark(session, job_id, generation))

    async def note_topics(self, job_id: str, topics: Sequence[Topic]) -> None:
        if is_job_id(job_id):
            await self._database.write(lambda session: _note_topics(session, job_id, topics))

    async def assets(self) -> set[str]:
        return await self._database.read(_assets)

    async def unindexed(self, generation: str, limit: int) -> Sequence[str]:
        return await self._database.read(lambda session: _unindexed(session, generation, limit))


async def _replace(session: AsyncSession, job: Job, values: dict[str, Any]) -> None:
    if await session.scalar(select(JobRow.job_id).where(held(job)).with_for_update()) is None:
        raise Conflict(f"the job {job.job_id} is no longer held by this attempt")
    before = or_(TranscriptRow.asset_id == job.asset_id, TranscriptRow.job_id == job.job_id)
    await session.execute(delete(TranscriptRow).where(before))
    session.add(TranscriptRow(**values))  # made in here: see `Turns`
    died = and_(JobRow.job_id == job.job_id, JobRow.deaths > 0)
    await session.execute(update(JobRow).where(died).values(deaths=0))  # it got this far


async def _has(session: AsyncSession, job_id: str) -> bool:
    query = select(TranscriptRow.job_id).where(TranscriptRow.job_id == job_id)
    return await session.scalar(query) is not None


async def _unmark(session: AsyncSession, asset_id: str) -> None:
    theirs = update(TranscriptRow).where(TranscriptRow.asset_id == asset_id)
    await session.execute(theirs.values(indexed_in=None))


async def _mark(session: AsyncSession, job_id: str, generation: str) -> None:
    ours = update(TranscriptRow).where(TranscriptRow.job_id == job_id)
    marked = ours.values(indexed_in=generation).returning(TranscriptRow.job_id)
    if await session.scalar(marked) is None:
        asset = select(JobRow.asset_id).where(JobRow.job_id == job_id).scalar_subquery()
        overwritten = update(TranscriptRow).where(TranscriptRow.asset_id == asset)
        await session.execute(overwritten.values(indexed_in=None))


async def _note_topics(session: AsyncSession, job_id: str, topics: Sequence[Topic]) -> None:
    ours = update(TranscriptRow).where(TranscriptRow.job_id == job_id)
    await session.execute(ours.values(topics=topics_to_json(topics)))


async def _assets(session: AsyncSession) -> set[str]:
    return set(await session.scalars(select(TranscriptRow.asset_id)))


async def _unindexed(session: AsyncSession, generation: str, limit: int) -> Sequence[str]:
    query = (
        select(TranscriptRow.job_id)
        .where(TranscriptRow.indexed_in.is_distinct_from(generation))
        .order_by(TranscriptRow.created_at.desc(), TranscriptRow.job_id)
        .limit(limit)
    )
    return (await session.scalars(query)).all()


async def _load(session: AsyncSession, job_id: str) -> Transcript | None:
    row = await session.get(TranscriptRow, job_id)
    if row is None:
        return None
    return Transcript(
        segments=segments_from_json(row.segments),
        language_detection=language_from_json(row.language),
        duration=row.duration,
        provider=row.provider,
        model=row.model,
        topics=topics_from_json(row.topics),
    )


async def _partial(session: AsyncSession, job_id: str, first: int) -> Sequence[WindowTranscript]:
    newest = (
        select(WindowRow.params_hash)
        .where(WindowRow.job_id == job_id)
        .order_by(WindowRow.recorded_at.desc(), WindowRow.number.desc())
        .limit(1)
        .scalar_subquery()
    )
    query = (
        select(WindowRow.number, WindowRow.result)
        .where(
            WindowRow.job_id == job_id,
            WindowRow.params_hash == newest,
            WindowRow.number >= first,
        )
        .order_by(WindowRow.first_sample)
    )
    found = await session.execute(query)
    return [window_from_json(number, result) for number, result in found]
