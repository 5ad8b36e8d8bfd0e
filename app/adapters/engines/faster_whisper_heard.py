"""How well a window was heard."""

import math
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from app.adapters.engines.repetition import crammed
from app.adapters.engines.spelling import Spelling

LOGPROB_THRESHOLD = -1.0  # mean log probability
LIKELY = -0.5  # the same, for what would be doubted otherwise
COMPRESSION_THRESHOLD = 2.4  # bytes of text for one of its zip
NO_SPEECH_THRESHOLD = 0.6
#: Seconds. A word that lasts longer stands for others that were passed over, and so does sound
#: without a word.
STRETCHED = 2.0
PACE = 6.0  # words in a second, of who speaks fast
LEAST_PROBABILITY = 1e-10  # so that there is a logarithm


class Stretch(NamedTuple):
    """A part of a window, in seconds."""

    start: float
    end: float
    #: What of it is not quiet.
    sound: float


NONE = Stretch(0.0, 0.0, 0.0)


@dataclass(frozen=True, kw_only=True)
class Heard:
    """One window as it was decoded."""

    language: str
    text: str
    #: With times in the window, out of the pauses.
    words: list[Spelling]
    #: Mean over the tokens.
    logprob: float
    no_speech_prob: float
    #: Between two words, or before the first or behind the last, where there is most sound.
    unheard: Stretch = NONE

    @property
    def silent(self) -> bool:
        """openai/whisper's own test: whatever text there is, nobody said it."""
        return self.no_speech_prob > NO_SPEECH_THRESHOLD and self.logprob < LOGPROB_THRESHOLD

    @property
    def loops(self) -> bool:
        """The same words over and over."""
        text = self.text.encode()
        return len(text) > COMPRESSION_THRESHOLD * len(zlib.compress(text))

    @property
    def repeats(self) -> bool:
        """It loops, or says something once more than there is sound for."""
        return self.loops or crammed(self.words)

    @property
    def chants(self) -> bool:
        """It loops, but likely, as fast as people speak, and leaves next to no sound out.

        People say a thing ten times over, too.
        """
        seconds = self.words[-1].end - self.words[0].start if self.words else 0.0
        in_time = len(self.words) <= PACE * seconds and self.passed_over.sound <= 2 * STRETCHED
        return self.loops and in_time and self.logprob > LIKELY

    @property
    def reads_badly(self) -> bool:
        """Guesswork, repetition, or nothing where speech was."""
        guessed = self.logprob < LOGPROB_THRESHOLD
        return not self.silent and (not self.words or guessed or self.repeats)

    @property
    def fault(self) -> str | None:
        """Why it must be heard again, as `Repair.reason` has it; None where it reads well."""
        if self.reads_badly:
            if not self.words:
                return "no_text"
            return "repetition" if self.repeats else "low_logprob"
        return "skipped_speech" if self.skips else None

    @property
    def passed_over(self) -> Stretch:
        """Where a word lasts longest, or sound is without any."""
        spans = (Stretch(word.start, word.end, word.end - word.start) for word in self.words)
        return max((self.unheard, *spans), key=lambda stretch: stretch.sound)

    @property
    def skips(self) -> bool:
        """It reads well, but passes over speech."""
        return not self.silent and self.passed_over.sound > STRETCHED

    def has_word(self, start: float, end: float) -> bool:
        """Whether one lies there as a whole; seconds of the window."""
        return any(start <= word.start and word.end <= end for word in self.words)

    def most(self) -> float:
        """The highest mean log probability that a line may claim.

        Of guesswork none is better than the whole: two words of a made-up five may look likely.
        """
        return min(self.logprob, logprob(self.words)) if self.reads_badly else 0.0


def logprob(words: Sequence[Spelling]) -> float:
    """Mean over the tokens; of no words the lowest there is."""
    logs = [math.log(max(p, LEAST_PROBABILITY)) for word in words for p in word.probabilities]
    return sum(logs) / len(logs) if logs else math.log(LEAST_PROBABILITY)
