"""From a video to its key-frames, and to jobs on them."""

from collections.abc import Collection
from pathlib import Path
from typing import Protocol

from app.domain.jobs import Job
from app.domain.keyframes import Reel
from app.ports.types import Progress


class FrameTaker(Protocol):
    async def take(self, source: Path, target: Path, progress: Progress) -> Reel:
        """Look through `source` in constant memory, and put its key-frames as JPEGs at `target`.

        They stand where the picture changes at once, and at a slow rate in between; what looks
        like one before it is left out. A medium without pictures has none. Raises MediaError,
        StorageError, EngineError.
        """
        ...


class FrameIntake(Protocol):
    async def take_in(self, video: Job, at: float, jpeg: bytes) -> str:
        """Commit a job on the key-frame of `video` at that second; returns its id.

        Durable when this returns; taken in again, nothing changes. Raises StorageError, and
        `job.claim_lost` once `video` is held no more as it was claimed.
        """
        ...

    async def retire(self, video: Job, keep: Collection[str] | None = None) -> None:
        """Delete the jobs that earlier takes of the video gave rise to, but for `keep`, with all
        that they found; without it, those that were there before this take. What clients sent as
        key-frames stays."""
        ...
