"""Where links to transcripts are kept."""

from datetime import timedelta
from typing import Protocol

from app.domain.shares import Share, SharePage


class ShareStore(Protocol):
    """Knows links by the digest of their token only: 64 hexadecimal digits.

    A link stands until its time is over, and as long as its asset is what that job found: where a
    later job took the asset in anew, or it was deleted, there is no link any more.
    """

    async def add(self, *, job_id: str, lasts: timedelta, digest: str) -> Share:
        """To what that job found, from now on. Raises Conflict when that is no longer there."""
        ...

    async def find(self, digest: str) -> Share | None:
        """The link of this token, if it stands."""
        ...

    async def list(
        self, asset_id: str | None = None, *, limit: int = 50, cursor: str | None = None
    ) -> SharePage:
        """Those that stand, to one asset or to all, newest first.

        Raises InvalidRequest on a cursor that this store did not make.
        """
        ...

    async def remove(self, share_id: str) -> bool:
        """False when there is none that stands."""
        ...

    async def expire(self) -> int:
        """Let those go that do not stand any more; returns how many went."""
        ...
