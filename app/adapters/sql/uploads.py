"""Uploads that come in pieces, behind the `UploadStore` port."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, delete, insert, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from app.adapters.sql.codec import options_from_json, options_to_json
from app.adapters.sql.database import Database
from app.adapters.sql.ids import is_job_id
from app.adapters.sql.upload_tables import UploadRow
from app.domain.clock import Clock, utc_now
from app.domain.jobs import JobOptions
from app.domain.uploads import ResumableUpload

BATCH = 500  # rows that are told at a time
UNFINISHED = UploadRow.finished_at.is_(None)
WHOLE = UploadRow.received == UploadRow.length
HASHED = UploadRow.sha256.is_not(None)


class SqlUploadStore:
    """`lives`: seconds until an upload expires that nothing happens to."""

    def __init__(self, database: Database, lives: float, clock: Clock = utc_now) -> None:
        self._database, self._clock = database, clock
        self._lives = timedelta(seconds=lives)

    async def add(
        self,
        *,
        upload_id: str,
        filename: str,
        length: int,
        told: str | None,
        options: JobOptions,
        requester: str | None = None,
    ) -> ResumableUpload:
        row = {
            "upload_id": upload_id,
            "file_name": filename,
            "length": length,
            "received": 0,
            "told": told,
            "options": options_to_json(options),
            "requester": requester,
        }
        return await self._database.change(self._clock, _add, row, self._lives)

    async def get(self, upload_id: str) -> ResumableUpload | None:
        if not is_job_id(upload_id):
            return None
        found = await self._told(UploadRow.upload_id == upload_id)
        return found[0] if found else None

    async def note_received(self, upload: ResumableUpload, received: int) -> ResumableUpload | None:
        return await self._change(upload, *_as_read(upload), UNFINISHED, received=received)

    async def note_sha256(self, upload: ResumableUpload, sha256: str) -> ResumableUpload | None:
        return await self._change(upload, WHOLE, sha256=sha256)

    async def finish(self, upload: ResumableUpload) -> ResumableUpload | None:
        finished = await self._change(upload, HASHED, UNFINISHED, stamp="finished_at")
        return finished or await self._finished(upload)

    async def _finished(self, upload: ResumableUpload) -> ResumableUpload | None:
        stored = await self.get(upload.upload_id)
        return stored if stored and stored.finished_at else None

    async def delete(self, upload_id: str) -> bool:
        if not is_job_id(upload_id):
            return False
        return await self._database.write(lambda session: _delete(session, upload_id))

    async def whole(self) -> Sequence[ResumableUpload]:
        return await self._told(WHOLE, UNFINISHED)

    async def unfinished(self) -> Sequence[ResumableUpload]:
        """All that are no job yet."""
        return await self._found(select(UploadRow).where(UNFINISHED))

    async def expired(self) -> Sequence[ResumableUpload]:
        return await self._told(UploadRow.expires_at <= self._clock())

    async def hashed(self, upload_ids: Sequence[str]) -> set[str]:
        return await self._unfinished(upload_ids, HASHED)

    async def growing(self, upload_ids: Sequence[str]) -> set[str]:
        return await self._unfinished(upload_ids)

    async def _unfinished(
        self, upload_ids: Sequence[str], *guards: ColumnElement[bool]
    ) -> set[str]:
        which = (UploadRow.upload_id.in_(upload_ids), UNFINISHED, *guards)
        query = select(UploadRow.upload_id).where(*which)

        async def fetch(session: AsyncSession) -> set[str]:
            return set(await session.scalars(query))

        return await self._database.read(fetch)

    async def _told(self, *which: ColumnElement[bool]) -> Sequence[ResumableUpload]:
        some = select(UploadRow).where(*which).order_by(UploadRow.expires_at).limit(BATCH)
        return await self._found(some)

    async def _found(self, query: Select[Any]) -> Sequence[ResumableUpload]:
        async def fetch(session: AsyncSession) -> Sequence[ResumableUpload]:
            return [_upload(row) for row in await session.scalars(query)]

        return await self._database.read(fetch)

    async def _change(
        self,
        upload: ResumableUpload,
        *guards: ColumnElement[bool],
        stamp: str = "updated_at",
        **values: Any,
    ) -> ResumableUpload | None:
        """`stamp`: a column that gets the time of the change."""
        which = (UploadRow.upload_id == upload.upload_id, *guards)
        return await self._database.change(self._clock, _change, which, values, stamp, self._lives)


def _as_read(upload: ResumableUpload) -> tuple[ColumnElement[bool], ...]:
    """Nor has somebody claimed it since, who has not written to it yet."""
    return UploadRow.received == upload.received, UploadRow.updated_at == upload.updated_at


async def _add(
    session: AsyncSession, now: datetime, row: dict[str, Any], lives: timedelta
) -> ResumableUpload:
    times = {"created_at": now, "updated_at": now, "expires_at": now + lives}
    added = insert(UploadRow).values(**row, **times).returning(*UploadRow.__table__.c)
    return _upload((await session.execute(added)).one())


async def _change(
    session: AsyncSession,
    now: datetime,
    which: tuple[ColumnElement[bool], ...],
    values: dict[str, Any],
    stamp: str,
    lives: timedelta,
) -> ResumableUpload | None:
    values = {**values, "updated_at": now, stamp: now, "expires_at": now + lives}
    changed = update(UploadRow).where(*which).values(**values).returning(*UploadRow.__table__.c)
    row = (await session.execute(changed)).one_or_none()
    return _upload(row) if row else None


async def _delete(session: AsyncSession, upload_id: str) -> bool:
    gone = delete(UploadRow).where(UploadRow.upload_id == upload_id).returning(UploadRow.upload_id)
    return await session.scalar(gone) is not None


def _upload(row: Any) -> ResumableUpload:
    """`row`: an UploadRow, or what `RETURNING` gives of its columns."""
    return ResumableUpload(
        upload_id=row.upload_id,
        filename=row.file_name,
        length=row.length,
        received=row.received,
        told=row.told,
        options=options_from_json(row.options),
        sha256=row.sha256,
        created_at=row.created_at,
        updated_at=row.updated_at,
        expires_at=row.expires_at,
        finished_at=row.finished_at,
        requester=row.requester,
    )
