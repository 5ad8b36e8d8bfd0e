"""API keys."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypedDict, Unpack

from app.client.answers import Answer
from app.client.exchange import Plan, Request
from app.client.jobs import at
from app.client.reading import read

KEYS = "/api/v1/keys"


@dataclass(frozen=True, kw_only=True)
class Key(Answer):
    key_id: str
    name: str = ""
    #: Of read, ingest and admin.
    scopes: tuple[str, ...] = ()
    created_at: datetime | None = None
    expires_at: datetime | None = None
    revoked_at: datetime | None = None
    last_used_at: datetime | None = None
    #: What its jobs may be, and hold in bytes; None: as the settings say; 0: no bound.
    quota_jobs: int | None = None
    quota_bytes: int | None = None


@dataclass(frozen=True, kw_only=True)
class NewKey(Key):
    #: Told this once.
    secret: str


@dataclass(frozen=True, kw_only=True)
class KeyList(Answer):
    keys: tuple[Key, ...] = ()


class Quotas(TypedDict, total=False):
    """What is left out stays as it is; None is what the settings say, and 0 no bound."""

    quota_jobs: int | None
    quota_bytes: int | None


def create_key(
    name: str,
    scopes: Collection[str],
    *,
    expires_at: datetime | None = None,
    quota_jobs: int | None = None,
    quota_bytes: int | None = None,
) -> Plan[NewKey]:
    """`scopes` are of read, ingest and admin; `expires_at` carries a zone; of quotas None is what
    the settings say, and 0 no bound."""
    quotas = {"quota_jobs": quota_jobs, "quota_bytes": quota_bytes}
    document: dict[str, Any] = {"name": name, "scopes": sorted(scopes)}
    document |= {name: quota for name, quota in quotas.items() if quota is not None}
    if expires_at is not None:
        document["expires_at"] = expires_at.isoformat()
    reply = yield Request(method="POST", path=KEYS, document=document)
    return read(NewKey, reply.document())


def keys() -> Plan[tuple[Key, ...]]:
    """Newest first, revoked and expired ones too."""
    reply = yield Request(method="GET", path=KEYS, repeatable=True)
    return read(KeyList, reply.document()).keys


def change_key(key_id: str, **quotas: Unpack[Quotas]) -> Plan[Key]:
    """Give it quotas of its own, from now on."""
    document, path = dict(quotas), at(KEYS, key_id)
    reply = yield Request(method="PATCH", path=path, document=document, repeatable=True)
    return read(Key, reply.document())


def revoke_key(key_id: str) -> Plan[None]:
    """From now on it opens nothing."""
    yield Request(method="DELETE", path=at(KEYS, key_id), repeatable=True)
