"""Transcripts, one for each asset, behind the `TranscriptStore` port."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import and_, delete, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from app.adapters.sql.asset_lock import locked
from app.adapters.sql.assets import put_of_job
from app.adapters.sql.codec import (
    chapters_from_json,
    chapters_to_json,
    language_from_json,
    language_to_json,
    repairs_from_json,
    repairs_to_json,
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
from app.domain.transcript import Chapter, Topic, Transcript, WindowTranscript


class SqlTranscriptStore:
    def __init__(self, database: Database, clock: Clock = utc_now) -> None:
        self._database, self._clock = database, clock

    async def save(self, job: Job, transcript: Transcript) -> None:
        """Fenced like the verbs of the job store: raises Conflict when the claim is lost."""
        values = {
            "job_id": job.job_id,
            "asset_id": job.asset_id,
            "provider": transcript.provider,
            "model": transcript.model,
            "duration": transcript.duration,
            "language": language_to_json(transcript.language_detection),
            "segments": segments_to_json(transcript.segments),
            "text": transcript.text,
            "topics": topics_to_json(transcript.topics),
            "chapters": chapters_to_json(transcript.chapters),
            "repairs": repairs_to_json(transcript.repairs),
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

    async def partial(self, job_id: str, first: int = 0) -> Sequence[WindowTranscript]:
        if not is_job_id(job_id):
            return ()
        return await self._database.read(lambda session: _partial(session, job_id, first))

    async def note_topics(self, job_id: str, topics: Sequence[Topic]) -> None:
        if is_job_id(job_id):
            await self._database.write(lambda session: _note_topics(session, job_id, topics))

    async def note_chapters(self, job_id: str, chapters: Sequence[Chapter]) -> None:
        if is_job_id(job_id):
            await self._database.write(lambda session: _note_chapters(session, job_id, chapters))

    async def note_speakers(self, job_id: str, speakers: Sequence[str | None]) -> None:
        if is_job_id(job_id):
            await self._database.write(lambda session: _note_speakers(session, job_id, speakers))


async def _replace(session: AsyncSession, job: Job, values: dict[str, Any]) -> None:
    await locked(session, job.asset_id)
    if await session.scalar(select(JobRow.job_id).where(held(job)).with_for_update()) is None:
        raise Conflict(f"the job {job.job_id} is no longer held by this attempt")
    before = or_(TranscriptRow.asset_id == job.asset_id, TranscriptRow.job_id == job.job_id)
    await session.execute(delete(TranscriptRow).where(before))
    session.add(TranscriptRow(**values))  # made in here: see `Turns`
    await put_of_job(session, values["created_at"], job)
    died = and_(JobRow.job_id == job.job_id, JobRow.deaths > 0)
    await session.execute(update(JobRow).where(died).values(deaths=0))  # it got this far


async def _has(session: AsyncSession, job_id: str) -> bool:
    query = select(TranscriptRow.job_id).where(TranscriptRow.job_id == job_id)
    return await session.scalar(query) is not None


async def _note_topics(session: AsyncSession, job_id: str, topics: Sequence[Topic]) -> None:
    ours = update(TranscriptRow).where(TranscriptRow.job_id == job_id)
    await session.execute(ours.values(topics=topics_to_json(topics)))


async def _note_chapters(session: AsyncSession, job_id: str, chapters: Sequence[Chapter]) -> None:
    ours = update(TranscriptRow).where(TranscriptRow.job_id == job_id)
    await session.execute(ours.values(chapters=chapters_to_json(chapters)))


async def _note_speakers(
    session: AsyncSession, job_id: str, speakers: Sequence[str | None]
) -> None:
    """Into the segments as they are now: their text may have been corrected meanwhile."""
    ours = select(TranscriptRow).where(TranscriptRow.job_id == job_id).with_for_update()
    row = await session.scalar(ours)
    segments = () if row is None else segments_from_json(row.segments)
    if row is None or len(segments) != len(speakers):
        return  # it was heard anew meanwhile
    told = zip(segments, speakers, strict=True)
    row.segments = segments_to_json(replace(each, speaker=speaker) for each, speaker in told)


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
        chapters=chapters_from_json(row.chapters),
        repairs=repairs_from_json(row.repairs),
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
