"""What may be asked about API keys, and how they are shown."""

from typing import Annotated, Any

from pydantic import Field

from app.domain.keys import ApiKey, Scope
from app.domain.quotas import MOST_BYTES, MOST_JOBS, Quota
from app.web.schemas import Given, Moment, Name, told

OneScope = Annotated[Scope, Field(strict=False)]
Scopes = Annotated[tuple[OneScope, ...], Field(min_length=1, max_length=10, strict=False)]


Jobs = Annotated[int, Field(ge=0, le=MOST_JOBS)]
Bytes = Annotated[int, Field(ge=0, le=MOST_BYTES)]


class Quotas(Given):
    """Null: as the settings say; 0: none."""

    quota_jobs: Jobs | None = None
    quota_bytes: Bytes | None = None

    def quota(self) -> Quota:
        return Quota(jobs=self.quota_jobs, bytes=self.quota_bytes)

    def changes(self) -> dict[str, int | None]:
        """What is named."""
        return {name.removeprefix("quota_"): getattr(self, name) for name in self.model_fields_set}


class NewKey(Quotas):
    name: Name
    scopes: Scopes
    #: ISO 8601 with a time zone; without it the key stands until it is revoked.
    expires_at: Moment | None = None


def shown(key: ApiKey) -> dict[str, Any]:
    return {
        "key_id": key.key_id,
        "name": key.name,
        "scopes": sorted(key.scopes),
        "created_at": told(key.created_at),
        "expires_at": told(key.expires_at),
        "revoked_at": told(key.revoked_at),
        "last_used_at": told(key.last_used_at),
        "quota_jobs": key.quota_jobs,
        "quota_bytes": key.quota_bytes,
    }


def made(key: ApiKey, secret: str) -> dict[str, Any]:
    return shown(key) | {"secret": secret}
