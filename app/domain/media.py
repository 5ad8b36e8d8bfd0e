"""Sound on its way to the engine. Samples are 16 kHz mono signed 16-bit, everywhere."""

from dataclasses import dataclass, field
from pathlib import Path

SAMPLE_RATE = 16_000  # samples per second
SAMPLE_BYTES = 2  # s16le
BYTES_PER_SECOND = SAMPLE_RATE * SAMPLE_BYTES
FRAME = 512  # samples in one step of speech detection: 32 ms


@dataclass(frozen=True, kw_only=True)
class Audio:
    """Decoded sound in a file of raw samples."""

    path: Path
    samples: int
    #: What the container claimed, in seconds; None when it claims nothing.
    declared_seconds: float | None = None
    #: Whether the container ends where more of it should be, however much that is.
    breaks_off: bool = False
    #: Samples of the medium that are no numbers, and were taken for silence.
    bad_samples: int = 0

    @property
    def seconds(self) -> float:
        return self.samples / SAMPLE_RATE

    async def reached(self, samples: int) -> int:
        """It is whole: nobody waits."""
        return min(samples, self.samples)

    async def whole(self) -> "Audio":
        return self


@dataclass(frozen=True, kw_only=True)
class Span:
    """A stretch of samples: `first` up to but not including `last`."""

    first: int
    last: int

    @property
    def samples(self) -> int:
        return self.last - self.first


@dataclass(frozen=True, kw_only=True)
class AudioWindow:
    """A stretch of speech, cut at pauses, that an engine takes in one go.

    Workers get this and map their slice of the file: sound does not travel between processes, but
    for those of a cluster, which have no such file.
    """

    #: Counts from 0 within the job, in time order.
    number: int
    path: Path
    first_sample: int
    samples: int
    #: The sound itself, where the file is on another machine.
    pcm: bytes | None = field(default=None, repr=False, compare=False)

    @property
    def start(self) -> float:
        """Seconds from the beginning of the medium."""
        return self.first_sample / SAMPLE_RATE

    @property
    def seconds(self) -> float:
        return self.samples / SAMPLE_RATE

    @property
    def end(self) -> float:
        return self.start + self.seconds

    @property
    def span(self) -> Span:
        return Span(first=self.first_sample, last=self.first_sample + self.samples)
