"""Sound that is heard while it is still being written."""

import asyncio
import math
from pathlib import Path

from app.domain.media import Audio


class Recording:
    """Implements `ports.Sound`. It grows until it is finished."""

    def __init__(self, path: Path) -> None:
        self._loop = asyncio.get_running_loop()
        self._so_far = Audio(path=path, samples=0)
        self._whole = False
        self._trouble: Exception | None = None
        self._changed = asyncio.Event()

    @property
    def path(self) -> Path:
        return self._so_far.path

    @property
    def seconds(self) -> float | None:
        """Of the whole; until that is known, what the medium declares. None where it does not."""
        heard, declared = self._so_far.seconds, self._so_far.declared_seconds
        if self._whole:
            return heard
        return None if declared is None else max(heard, declared)

    def grow(self, audio: Audio) -> None:
        """So much can be read by now. May be called from any thread."""
        self._loop.call_soon_threadsafe(self._become, audio, False)

    def finish(self, audio: Audio) -> None:
        self._become(audio, True)

    def fail(self, trouble: Exception) -> None:
        """It never becomes whole: who waits for sound, and who asks for some, is told why."""
        self._trouble = trouble
        self._change()

    async def reached(self, samples: int) -> int:
        while self._lacks(samples):
            await self._changed.wait()
        return min(samples, self._so_far.samples)

    async def whole(self) -> Audio:
        while self._lacks(math.inf):
            await self._changed.wait()
        return self._so_far

    def _lacks(self, samples: float) -> bool:
        if self._trouble is not None:
            raise self._trouble
        return self._so_far.samples < samples and not self._whole

    def _become(self, audio: Audio, whole: bool) -> None:
        if not self._whole:  # what a thread told may come late
            self._so_far, self._whole = audio, whole
            self._change()

    def _change(self) -> None:
        self._changed.set()
        self._changed = asyncio.Event()
