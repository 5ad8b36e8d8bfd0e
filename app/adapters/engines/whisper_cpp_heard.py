"""How well whisper.cpp heard a window."""

import math
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from app.adapters.engines.repetition import crammed
from app.adapters.engines.spelling import Spelling
from app.domain.transcript import Segment

LOGPROB_THRESHOLD = -1.0  # mean log probability
COMPRESSION_THRESHOLD = 2.4  # bytes of text for one of its zip


@dataclass(frozen=True, kw_only=True)
class Heard:
    """One window as it was decoded."""

    segments: tuple[Segment, ...]
    #: Where whisper.cpp told it from the sound; else None.
    language: str | None = None

    @property
    def logprob(self) -> float | None:
        """Mean over the segments; None where there is no text."""
        logs = [each.avg_logprob for each in self.segments if each.avg_logprob is not None]
        return sum(logs) / len(logs) if logs else None

    @property
    def guessed(self) -> bool:
        return self.logprob is not None and self.logprob < LOGPROB_THRESHOLD

    @property
    def loops(self) -> bool:
        """The same words over and over."""
        text = " ".join(each.text for each in self.segments).encode()
        return len(text) > COMPRESSION_THRESHOLD * len(zlib.compress(text))

    @property
    def repeats(self) -> bool:
        """It loops, or says something once more than there is sound for."""
        return self.loops or crammed(list(_spread(self.segments)))

    @property
    def fault(self) -> str | None:
        """Why it must be heard again, as `Repair.reason` has it; None where it reads well."""
        if self.repeats:
            return "repetition"
        return "low_logprob" if self.guessed else None


def best(tries: Sequence[Heard]) -> Heard:
    """The likeliest of those that are least bad; of like ones the first.

    Something is better than nothing, but nothing is better than a loop.
    """
    return max(tries, key=_worth)


def _worth(heard: Heard) -> tuple[bool, bool, bool, float]:
    likely = heard.logprob if heard.logprob is not None else -math.inf
    return not heard.loops, bool(heard.segments), not heard.repeats, likely


def _spread(segments: Sequence[Segment]) -> Iterator[Spelling]:
    """The words of each segment over its time: none is known for each of them."""
    for segment in segments:
        words = segment.text.split()
        step = (segment.end - segment.start) / max(len(words), 1)
        for number, word in enumerate(words):
            start = segment.start + number * step
            yield Spelling(start, start + step, word.encode())
