"""API keys, behind the `KeyStore` port."""

import uuid
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from hmac import compare_digest

from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from app.adapters.sql.database import Database
from app.adapters.sql.ids import is_job_id as is_uuid
from app.adapters.sql.key_tables import KeyRow
from app.domain.clock import Clock, utc_now
from app.domain.keys import ApiKey, Scope
from app.domain.quotas import USUAL, Quota


class SqlKeyStore:
    """Implements `ports.KeyStore`."""

    def __init__(self, database: Database, clock: Clock = utc_now) -> None:
        self._database, self._clock = database, clock

    async def add(
        self,
        *,
        name: str,
        scopes: Collection[Scope],
        expires_at: datetime | None,
        digest: str,
        quota: Quota = USUAL,
    ) -> ApiKey:
        return await self._database.change(
            self._clock, _add, name, scopes, expires_at, digest, quota
        )

    async def find(self, digest: str) -> ApiKey | None:
        """An index compares letter by letter, but a digest, which nobody can choose; what it finds
        is compared in a time that tells nothing."""
        query = select(KeyRow).where(KeyRow.digest == digest)
        row = await self._database.read(lambda session: session.scalar(query))
        return _key(row) if row is not None and compare_digest(row.digest, digest) else None

    async def list(self) -> Sequence[ApiKey]:
        return await self._database.read(_list)

    async def revoke(self, key_id: str) -> ApiKey | None:
        if not is_uuid(key_id):
            return None
        return await self._database.change(self._clock, _revoke, key_id)

    async def grant(self, key_id: str, changes: Mapping[str, int | None]) -> ApiKey | None:
        if not is_uuid(key_id):
            return None
        return await self._database.change(self._clock, _grant, key_id, changes)

    async def note_use(self, key_id: str) -> ApiKey | None:
        if not is_uuid(key_id):
            return None
        return await self._database.change(self._clock, _note_use, key_id)


async def _add(
    session: AsyncSession,
    now: datetime,
    name: str,
    scopes: Collection[Scope],
    expires_at: datetime | None,
    digest: str,
    quota: Quota,
) -> ApiKey:
    row = KeyRow(
        key_id=str(uuid.uuid4()),
        name=name,
        scopes=sorted(scope.value for scope in scopes),
        digest=digest,
        created_at=now,
        expires_at=expires_at,
        quota_jobs=quota.jobs,
        quota_bytes=quota.bytes,
    )
    session.add(row)
    await session.flush()
    return _key(row)


async def _list(session: AsyncSession) -> Sequence[ApiKey]:
    query = select(KeyRow).order_by(KeyRow.created_at.desc(), KeyRow.key_id)
    return [_key(row) for row in await session.scalars(query)]


async def _revoke(session: AsyncSession, now: datetime, key_id: str) -> ApiKey | None:
    first = func.coalesce(KeyRow.revoked_at, now)
    await session.execute(update(KeyRow).where(KeyRow.key_id == key_id).values(revoked_at=first))
    return await _find(session, key_id)


async def _grant(
    session: AsyncSession, now: datetime, key_id: str, changes: Mapping[str, int | None]
) -> ApiKey | None:
    if values := {f"quota_{name}": value for name, value in changes.items()}:
        await session.execute(update(KeyRow).where(KeyRow.key_id == key_id).values(values))
    return await _find(session, key_id)


async def _note_use(session: AsyncSession, now: datetime, key_id: str) -> ApiKey | None:
    await session.execute(update(KeyRow).where(KeyRow.key_id == key_id).values(last_used_at=now))
    return await _find(session, key_id)


async def _find(session: AsyncSession, key_id: str) -> ApiKey | None:
    row = await session.get(KeyRow, key_id)
    return None if row is None else _key(row)


def _key(row: KeyRow) -> ApiKey:
    return ApiKey(
        key_id=row.key_id,
        name=row.name,
        scopes=frozenset(map(Scope, row.scopes)),
        created_at=row.created_at,
        expires_at=row.expires_at,
        revoked_at=row.revoked_at,
        last_used_at=row.last_used_at,
        quota=Quota(jobs=row.quota_jobs, bytes=row.quota_bytes),
    )
