"""Words that were said once and heard twice."""

from collections import Counter
from collections.abc import Sequence

from app.adapters.engines.spelling import Spelling

PHRASE = 4  # words that come back
#: Words in a second that nobody says. Alignment finds the sound of a phrase for one of its copies
#: and leaves next to no time for the other. At 7 it takes who repeats himself ("it was the age of")
#: for a loop.
TOO_FAST = 16.0


def crammed(words: Sequence[Spelling]) -> bool:
    """Whether a phrase comes back, and one of its copies has no time to be said in.

    A text that is zipped shows a loop, but not a sentence that stands there twice.
    """
    said = [word.text.strip(" .,;:!?-\"'").lower() for word in words]
    phrases = [tuple(said[at : at + PHRASE]) for at in range(len(said) - PHRASE + 1)]
    times = Counter(phrases)
    return any(
        times[phrase] > 1 and _seconds(words[at : at + PHRASE]) * TOO_FAST < PHRASE
        for at, phrase in enumerate(phrases)
    )


def _seconds(words: Sequence[Spelling]) -> float:
    return words[-1].end - words[0].start
