"""A taker of key-frames that finds what it is told to, in whatever it is given."""

import asyncio
from collections.abc import Sequence
from pathlib import Path

from app.domain.keyframes import Keyframe, Reel
from app.ports import Progress


class Album:
    """`hold` makes it wait."""

    def __init__(self) -> None:
        self.times: Sequence[float] = ()
        self.trouble: Exception | None = None
        #: Seconds behind which it does not look.
        self.until: float | None = None
        self.taken = 0
        self.at_work = 0
        self.hold = asyncio.Event()
        self.hold.set()

    async def take(self, source: Path, target: Path, progress: Progress) -> Reel:
        self.taken += 1
        self.at_work += 1
        try:
            await self.hold.wait()
        finally:
            self.at_work -= 1
        if self.trouble:
            raise self.trouble
        pictures = [f"picture at {at:g}".encode() for at in self.times]
        _write(target, b"".join(pictures))
        frames, first = [], 0
        for at, picture in zip(self.times, pictures, strict=True):
            frames.append(Keyframe(at=at, first=first, size=len(picture)))
            first += len(picture)
        return Reel(path=target, frames=tuple(frames), seconds=60.0, until=self.until)


def _write(target: Path, content: bytes) -> None:
    target.write_bytes(content)
