"""Where API keys are kept."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Protocol

from app.domain.keys import ApiKey, Scope
from app.domain.quotas import USUAL, Quota


class KeyStore(Protocol):
    """Knows keys by the digest of their secret only: 64 hexadecimal digits."""

    async def add(
        self,
        *,
        name: str,
        scopes: Collection[Scope],
        expires_at: datetime | None,
        digest: str,
        quota: Quota = USUAL,
    ) -> ApiKey: ...

    async def find(self, digest: str) -> ApiKey | None:
        """The key of this secret, whether it still stands or not."""
        ...

    async def list(self) -> Sequence[ApiKey]:
        """All of them, newest first."""
        ...

    async def revoke(self, key_id: str) -> ApiKey | None:
        """None when there is no such key. One that is revoked already keeps its time."""
        ...

    async def grant(self, key_id: str, changes: Mapping[str, int | None]) -> ApiKey | None:
        """Change its quota: of `jobs` and `bytes` what is named. None when there is no such key."""
        ...

    async def note_use(self, key_id: str) -> ApiKey | None:
        """It was used now. Returns the key as it stands, None when there is no such key."""
        ...
