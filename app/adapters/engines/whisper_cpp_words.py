"""Words out of whisper.cpp's tokens."""

from collections.abc import Callable, Iterator
from typing import Any

from app.adapters.engines.spelling import Token, spell
from app.domain.transcript import Word

CENTISECOND = 0.01


def words(model: Any, segment: int, clamp: Callable[[float], float]) -> tuple[Word, ...]:
    """Times in the window."""
    spelled = spell(_text_tokens(model, segment, clamp))
    return tuple(word for spelling in spelled if (word := spelling.word()).text)


def _text_tokens(model: Any, segment: int, clamp: Callable[[float], float]) -> Iterator[Token]:
    import _pywhispercpp as binding

    context = model._ctx
    end_of_text = binding.whisper_token_eot(context)
    for index in range(binding.whisper_full_n_tokens(context, segment)):
        token = binding.whisper_full_get_token_data(context, segment, index)
        if token.id < end_of_text:  # the rest are marks: timestamps, languages, tasks
            yield Token(
                start=clamp(token.t0 * CENTISECOND),
                end=clamp(token.t1 * CENTISECOND),
                probability=token.p,
                letters=binding.whisper_token_to_bytes(context, token.id),
            )
