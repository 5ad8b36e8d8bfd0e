"""Uploads that come in pieces: their rows. Their bytes are in `ResumableFiles`."""

from collections.abc import Sequence
from typing import Protocol

from app.domain.jobs import JobOptions
from app.domain.uploads import ResumableUpload


class UploadStore(Protocol):
    """The row is the truth about an upload: a file that is longer was never acknowledged.

    Every change of a row lets the upload live on for as long as a new one.
    """

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
        """Raises Conflict when there is such an upload."""
        ...

    async def get(self, upload_id: str) -> ResumableUpload | None: ...

    async def note_received(self, upload: ResumableUpload, received: int) -> ResumableUpload | None:
        """None when the stored one was changed since `upload` was read, or is gone. With the same
        number it is claimed: who had read it before is refused from then on."""
        ...

    async def note_sha256(self, upload: ResumableUpload, sha256: str) -> ResumableUpload | None:
        """None when it is gone, or not whole."""
        ...

    async def finish(self, upload: ResumableUpload) -> ResumableUpload | None:
        """Its job is there; done again, nothing changes. None when it is gone, or not hashed."""
        ...

    async def delete(self, upload_id: str) -> bool:
        """True when there was one."""
        ...

    async def whole(self) -> Sequence[ResumableUpload]:
        """Those that have all their bytes and are not finished."""
        ...

    async def expired(self) -> Sequence[ResumableUpload]:
        """Those whose time is over, the oldest first; not all when there are many."""
        ...

    async def hashed(self, upload_ids: Sequence[str]) -> set[str]:
        """Those of the ids that are not finished, and have the hash of the whole: their bytes may
        lie where the job will look for them."""
        ...

    async def growing(self, upload_ids: Sequence[str]) -> set[str]:
        """Those of the ids that are not finished."""
        ...
