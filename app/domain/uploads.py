"""An upload that comes in pieces, and becomes a job when it is whole."""

import hashlib
from dataclasses import dataclass, field
from datetime import datetime

from app.domain.jobs import JobOptions, upload_key

FOLDER = "uploads"


@dataclass(frozen=True, kw_only=True)
class ResumableUpload:
    #: UUID4 in its canonical form; the job that it becomes has the same.
    upload_id: str
    filename: str
    #: Bytes, as announced.
    length: int
    #: Bytes that are on the disk for good.
    received: int = 0
    #: `Upload-Metadata` as the client sent it.
    told: str | None = None
    options: JobOptions = field(default_factory=JobOptions)
    #: SHA-256 of the whole in hex, once it is known.
    sha256: str | None = None
    created_at: datetime
    updated_at: datetime
    expires_at: datetime
    #: When its job was there.
    finished_at: datetime | None = None
    #: Id of the API key that began it.
    requester: str | None = None

    @property
    def whole(self) -> bool:
        return self.received == self.length

    @property
    def growing_key(self) -> str:
        """Where the bytes are until it is whole."""
        return f"{FOLDER}/{self.upload_id}"

    @property
    def key(self) -> str:
        """Where the job looks for them."""
        return upload_key(self.upload_id, self.filename)


#: What the checksum of a chunk may be made with, in the order in which clients are told.
CHECKSUMS = ("sha1", "sha256", "md5")


@dataclass(frozen=True, kw_only=True)
class Checksum:
    """Of one chunk, as the client has counted it."""

    #: One of CHECKSUMS.
    algorithm: str
    digest: bytes

    def begin(self) -> "hashlib._Hash":
        return hashlib.new(self.algorithm, usedforsecurity=False)
