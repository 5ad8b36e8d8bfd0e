"""Words out of whisper.cpp's tokens."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any
from unicodedata import east_asian_width

from app.domain.transcript import Word

CENTISECOND = 0.01


@dataclass
class _Spelling:
    """A word while its tokens arrive: bytes, because a letter may span two tokens."""

    start: float
    end: float
    letters: bytes = b""
    probabilities: list[float] = field(default_factory=list)

    def word(self) -> Word:
        return Word(
            start=self.start,
            end=max(self.start, self.end),
            text=self.letters.decode("utf-8", errors="replace").strip(),
            probability=sum(self.probabilities) / len(self.probabilities),
        )


def words(model: Any, segment: int, clamp: Callable[[float], float]) -> tuple[Word, ...]:
    """Tokens joined at spaces, which Whisper puts before a word. Times in the window."""
    spelled: list[_Spelling] = []
    for token, letters in _text_tokens(model, segment):
        if not spelled or letters.startswith(b" ") or _unspaced(spelled[-1].letters):
            spelled.append(_Spelling(clamp(token.t0 * CENTISECOND), 0.0))
        last = spelled[-1]
        last.end = clamp(token.t1 * CENTISECOND)
        last.letters += letters
        last.probabilities.append(token.p)
    return tuple(word for spelling in spelled if (word := spelling.word()).text)


def _unspaced(letters: bytes) -> bool:
    """Whether a word may end here without a space: Chinese, Japanese, Korean characters."""
    try:
        return east_asian_width(letters.decode()[-1]) in "WF"
    except UnicodeDecodeError:  # in the middle of a character
        return False


def _text_tokens(model: Any, segment: int) -> Iterator[tuple[Any, bytes]]:
    import _pywhispercpp as binding

    context = model._ctx
    end_of_text = binding.whisper_token_eot(context)
    for index in range(binding.whisper_full_n_tokens(context, segment)):
        token = binding.whisper_full_get_token_data(context, segment, index)
        if token.id < end_of_text:  # the rest are marks: timestamps, languages, tasks
            yield token, binding.whisper_token_to_bytes(context, token.id)
