"""A window that is heard in two parts, because as a whole speech in it is passed over."""

from collections.abc import Sequence
from dataclasses import replace

from app.adapters.engines.faster_whisper_heard import Heard
from app.adapters.engines.faster_whisper_sound import Pause
from app.adapters.engines.spelling import Spelling

SCRAP = 1.0  # seconds; of less Whisper makes up text


def place_to_cut(heard: Heard, pauses: Sequence[Pause], seconds: float) -> float | None:
    """The middle of the longest pause where speech was passed over; None without one.

    `seconds`: length of the window.
    """
    start, until, _ = heard.passed_over
    middles = {
        (begin + end) / 2: end - begin
        for begin, end in pauses
        if start <= begin and end <= until and begin >= SCRAP and seconds - end >= SCRAP
    }
    return max(middles, key=lambda middle: middles[middle], default=None)


def joined(first: Heard, second: Heard, seconds: float) -> Heard:
    """As if heard at once. `seconds`: where `second` begins."""
    later = replace(second, words=[_later(word, seconds) for word in second.words])
    spoken = [part for part in (first, later) if not part.silent]
    return Heard(
        language=first.language,
        text="".join(part.text for part in spoken),
        words=[word for part in spoken for word in part.words],
        logprob=min((part.logprob for part in spoken), default=first.logprob),
        no_speech_prob=min(first.no_speech_prob, second.no_speech_prob),
    )


def _later(word: Spelling, seconds: float) -> Spelling:
    return Spelling(
        word.start + seconds, word.end + seconds, word.letters, list(word.probabilities)
    )
