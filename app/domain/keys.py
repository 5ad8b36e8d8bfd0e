"""API keys: who may do what."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from app.domain.quotas import USUAL, Quota


class Scope(StrEnum):
    #: See jobs, results and search.
    READ = "read"
    #: Send media in, steer jobs, replay dead letters and webhooks. Where the answer to a medium is
    #: its transcript, that one too.
    INGEST = "ingest"
    #: Everything: keys, engines, deleting.
    ADMIN = "admin"


@dataclass(frozen=True, kw_only=True)
class ApiKey:
    """All that is kept of a key; the secret itself is shown once, and never stored."""

    key_id: str
    #: For people.
    name: str
    scopes: frozenset[Scope]
    created_at: datetime
    expires_at: datetime | None = None
    revoked_at: datetime | None = None
    last_used_at: datetime | None = None
    quota: Quota = USUAL

    @property
    def quota_jobs(self) -> int | None:
        return self.quota.jobs

    @property
    def quota_bytes(self) -> int | None:
        return self.quota.bytes

    def allows(self, scope: Scope) -> bool:
        return Scope.ADMIN in self.scopes or scope in self.scopes

    def stands(self, now: datetime) -> bool:
        """Neither revoked nor over its time."""
        expired = self.expires_at is not None and self.expires_at <= now
        return self.revoked_at is None and not expired
