"""How loud a medium is over time, for those who draw it."""

from dataclasses import dataclass
from typing import Any

from app.domain.media import SAMPLE_RATE

#: Of the lowest and the highest sample, for the whole medium: about as many as a screen is wide.
PAIRS = 2000
#: That a pair stands for at least: 10 ms, so that short media have fewer pairs.
FEWEST_SAMPLES = SAMPLE_RATE // 100
BITS = 8
#: Of a sample to a number of so many bits.
STEP = 1 << (16 - BITS)
VERSION = 2


@dataclass(frozen=True, kw_only=True)
class Waveform:
    samples_per_pair: int
    #: -128..127: the lowest sample and the highest, of one stretch after the other.
    data: tuple[int, ...]

    def document(self) -> dict[str, Any]:
        """In the format of BBC's audiowaveform, which the players of others read as well."""
        return {
            "version": VERSION,
            "channels": 1,
            "sample_rate": SAMPLE_RATE,
            "samples_per_pixel": self.samples_per_pair,
            "bits": BITS,
            "length": len(self.data) // 2,
            "data": list(self.data),
        }


def samples_per_pair(samples: int) -> int:
    """Of a medium of so many."""
    return max(FEWEST_SAMPLES, -(-samples // PAIRS))
