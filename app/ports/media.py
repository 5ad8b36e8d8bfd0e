"""From a source to sound."""

from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Protocol

from app.domain.media import Audio
from app.ports.types import Progress


class MediaFetcher(Protocol):
    async def fetch(self, url: str, target: Path, progress: Progress) -> int:
        """Download to `target`, in constant memory; returns the bytes.

        Raises SourceError, Forbidden, TooLarge.
        """
        ...

    async def vet(self, url: str) -> None:
        """Raise Forbidden for a URL that leads inside, InvalidRequest for a bad one."""
        ...


class MediaExtractor(Protocol):
    async def extract(self, source: Path, target: Path, progress: Progress) -> Audio:
        """Decode the first audio stream to raw 16 kHz mono s16le at `target`, in constant memory.

        Raises MediaError with the decoder's own words. A medium that ends before its declared
        duration is no error: compare `Audio.seconds` with `declared_seconds`.
        """
        ...

    def accepts(self, source: Path) -> bool:
        """Whether this extractor wants the file; looks at content, not at the name."""
        ...


class SpeechDetector(Protocol):
    def probabilities(self, audio: Audio) -> AsyncIterator[Sequence[float]]:
        """Blocks of speech probabilities, 0..1, one per `FRAME` samples, in time order."""
        ...
