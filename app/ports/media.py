"""From a source to sound."""

from collections.abc import AsyncIterator, Callable, Sequence
from pathlib import Path
from typing import Protocol

from app.domain.media import Audio
from app.domain.waveform import Waveform
from app.ports.types import Progress

#: Called, from any thread, with what can be read by now. Cheap, never blocks, never raises.
Growth = Callable[[Audio], None]


class Sound(Protocol):
    """Decoded sound in a file that may still be growing. `Audio` is one that is whole."""

    @property
    def path(self) -> Path: ...

    async def reached(self, samples: int) -> int:
        """How many of the first `samples` there are: all of them, unless the sound is shorter.

        Waits until they are there, or no more will come.
        """
        ...

    async def whole(self) -> Audio:
        """Waits until it is."""
        ...


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
    #: Two of another name may give other samples of one medium.
    name: str

    async def extract(self, source: Path, target: Path, growth: Growth) -> Audio:
        """Decode the first audio stream to raw 16 kHz mono s16le at `target`, in constant memory.

        `growth` is told of samples once they can be read at `target`, where they stay as they are.

        Raises MediaError with the decoder's own words. A medium that ends before its declared
        duration is no error: compare `Audio.seconds` with `declared_seconds`.
        """
        ...

    def accepts(self, source: Path) -> bool:
        """Whether this extractor wants the file; looks at content, not at the name."""
        ...


class SpeechDetector(Protocol):
    def probabilities(self, sound: Sound) -> AsyncIterator[Sequence[float]]:
        """Blocks of speech probabilities, 0..1, one per `FRAME` samples, in time order.

        They are the same however the sound grew.
        """
        ...


class WaveformDrawer(Protocol):
    async def draw(self, audio: Audio) -> Waveform:
        """The lowest and the highest sample of one stretch after the other, all of a length but
        for the last, in constant memory.

        Raises StorageError.
        """
        ...
