"""Words out of a Whisper's tokens."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from unicodedata import east_asian_width

from app.domain.transcript import Word


@dataclass(frozen=True, kw_only=True)
class Token:
    #: Seconds.
    start: float
    end: float
    #: 0..1
    probability: float
    #: UTF-8; a letter may span two tokens. A space in front begins a word.
    letters: bytes


@dataclass
class Spelling:
    """A word while its tokens arrive. Seconds."""

    start: float
    end: float
    letters: bytes = b""
    probabilities: list[float] = field(default_factory=list)

    @property
    def text(self) -> str:
        """With the space that stands before it, where the language has any."""
        return self.letters.decode("utf-8", errors="replace")

    def word(self) -> Word:
        return Word(
            start=self.start,
            end=max(self.start, self.end),
            text=self.text.strip(),
            probability=sum(self.probabilities) / len(self.probabilities),
        )


def spell(tokens: Iterable[Token]) -> list[Spelling]:
    """Tokens joined at spaces, which Whisper puts before a word."""
    spelled: list[Spelling] = []
    for token in tokens:
        if not spelled or token.letters.startswith(b" ") or _unspaced(spelled[-1].letters):
            spelled.append(Spelling(token.start, token.end))
        last = spelled[-1]
        last.end = token.end
        last.letters += token.letters
        last.probabilities.append(token.probability)
    return spelled


def _unspaced(letters: bytes) -> bool:
    """Whether a word may end here without a space: Chinese, Japanese, Korean characters."""
    try:
        return east_asian_width(letters.decode()[-1]) in "WF"
    except UnicodeDecodeError:  # in the middle of a character
        return False
