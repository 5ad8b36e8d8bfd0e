"""What runs inside a worker process: whisper.cpp on one window.

The loaded model is a global of the process, the one exception to the rule against globals:
it is what the process is for.
"""

import math
import zlib
from functools import lru_cache
from typing import Any

from app.adapters.engines.whisper_cpp_words import words
from app.domain.decoding import DecodingOptions
from app.domain.errors import EngineError
from app.domain.jobs import Task
from app.domain.media import SAMPLE_BYTES, SAMPLE_RATE, AudioWindow
from app.domain.transcript import LanguageDetection, LanguageGuess, Segment, WindowTranscript

CENTISECOND = 0.01  # whisper.cpp counts time in these
FULL_CONTEXT = 1500  # encoder positions for 30 s: 50 a second
CONTEXT_PER_SECOND = 50
# With less, Whisper drops words: margin 2 s and 512 positions took base from 2.3 to 3.4 % WER and
# tiny.en from 0.6 to 5.1 % on clips of 2 to 11 s; these two cost nothing, at half the CPU time.
CONTEXT_MARGIN = 4.0  # seconds of silence the encoder sees after the window
LONG_CONTEXT = 1280
CONTEXTS = (768, 1024, LONG_CONTEXT, FULL_CONTEXT)
MIN_SAMPLES = int(1.1 * SAMPLE_RATE)  # whisper.cpp passes over anything up to one second
ALTERNATIVES = 4
SILENT = 16  # of 32768: whisper.cpp hears words in windows that are no louder
LOGPROB_THRESHOLD = -1.0  # mean log probability
COMPRESSION_THRESHOLD = 2.4  # bytes of text for one of its zip


@lru_cache(maxsize=2)  # two, so that jobs with different models need not reload by turns
def _load(model_path: str) -> Any:
    from pywhispercpp.model import Model

    try:  # its chatter goes nowhere; a log callback would be called after Python's end
        model = Model(model_path, redirect_whispercpp_logs_to=None, n_threads=1)
    except Exception as error:
        raise EngineError(f"whisper.cpp could not load {model_path}: {error}") from error
    if getattr(model, "_ctx", None) is None:
        raise EngineError(f"whisper.cpp could not load {model_path}")
    return model


def warm(model_path: str) -> None:
    _load(model_path)


def detect_language(model_path: str, window: AudioWindow) -> LanguageDetection:
    import _pywhispercpp as binding

    model = _load(model_path)
    if not binding.whisper_is_multilingual(model._ctx):
        return LanguageDetection(language="en", confidence=1.0)
    _set_context(model, _audio_context(window))
    (language, _), scores = model.auto_detect_language(_samples(window), offset_ms=0, n_threads=1)
    guesses = sorted(
        (LanguageGuess(language=code, confidence=float(p)) for code, p in scores.items()),
        key=lambda guess: -guess.confidence,
    )
    return LanguageDetection(
        language=language,
        confidence=guesses[0].confidence,
        alternatives=tuple(guesses[1 : 1 + ALTERNATIVES]),
    )


def transcribe(model_path: str, window: AudioWindow, options: DecodingOptions) -> WindowTranscript:
    """Greedily with the context cut to the window; what reads badly, again with all of both."""
    if _is_silent(window):
        return WindowTranscript(number=window.number, segments=())
    segments = _decode(model_path, window, options, _audio_context(window), temperature_inc=0.0)
    if _reads_badly(segments):
        more = max(LONG_CONTEXT, _audio_context(window))
        segments = _decode(model_path, window, options, more, temperature_inc=0.2)
    return WindowTranscript(number=window.number, segments=segments)


def _decode(
    model_path: str,
    window: AudioWindow,
    options: DecodingOptions,
    audio_ctx: int,
    temperature_inc: float,
) -> tuple[Segment, ...]:
    model = _load(model_path)
    parameters = _parameters(options) | {"audio_ctx": audio_ctx, "temperature_inc": temperature_inc}
    heard = model.transcribe(_samples(window), **parameters)
    return tuple(
        _segment(model, index, segment, window, options) for index, segment in enumerate(heard)
    )


def _reads_badly(segments: tuple[Segment, ...]) -> bool:
    """openai/whisper's own tests: guesswork, or the same words over and over."""
    text = " ".join(segment.text for segment in segments).encode()
    logs = [s.avg_logprob for s in segments if s.avg_logprob is not None]
    guessed = bool(logs) and sum(logs) / len(logs) < LOGPROB_THRESHOLD
    return guessed or len(text) > COMPRESSION_THRESHOLD * len(zlib.compress(text))


def _parameters(options: DecodingOptions) -> dict[str, Any]:
    """All but the two that `_decode` adds: whisper.cpp's parameters stick to the model object."""
    return {
        "n_threads": 1,
        "language": options.language or "auto",
        "translate": options.task is Task.TRANSLATE,
        "initial_prompt": options.prompt or "",
        "token_timestamps": options.word_timestamps,
        "no_context": True,  # windows stand alone: any may run first
        "suppress_blank": True,
        "suppress_nst": True,
        "temperature": 0.0,
        "greedy": {"best_of": 1},
        "print_progress": False,
    }


def _audio_context(window: AudioWindow) -> int:
    """Encoder positions for the window and a margin: the rest of the 30 s would be silence.

    In whole steps of 256, for whisper.cpp's decoder reads on to the end of a step: what it finds
    there is left from the window before, and would change words. Only windows over 21 s, which the
    default settings never cut, take the full context, which is no whole step.
    """
    needed = math.ceil((window.seconds + CONTEXT_MARGIN) * CONTEXT_PER_SECOND)
    return next(size for size in CONTEXTS if size >= min(needed, FULL_CONTEXT))


def _set_context(model: Any, audio_ctx: int) -> None:
    """A transcription that stops before its first step, but leaves its context size behind.

    Detection uses the size of whatever ran before it, and would else depend on that.
    """
    import _pywhispercpp as binding
    import numpy as np
    from pywhispercpp.utils import redirect_stderr

    binding.assign_encoder_begin_callback(model._params, lambda *_: False)
    try:
        with redirect_stderr(to=None):  # it reports that it was stopped
            model.transcribe(
                np.zeros(2 * SAMPLE_RATE, np.float32),
                language="en",
                n_threads=1,
                audio_ctx=audio_ctx,
            )
    finally:
        binding.clear_encoder_begin_callback(model._params)


def _is_silent(window: AudioWindow) -> bool:
    raw = _raw(window)
    return int(raw.max()) <= SILENT and int(raw.min()) >= -SILENT


def _samples(window: AudioWindow) -> Any:
    """float32 in -1..1, shape (n,), n at least MIN_SAMPLES: short windows end in silence."""
    import numpy as np

    sound = np.zeros(max(window.samples, MIN_SAMPLES), np.float32)
    np.divide(_raw(window), 32768.0, out=sound[: window.samples], casting="unsafe")
    return sound


def _raw(window: AudioWindow) -> Any:
    """int16, shape (window.samples,), read from the file as it is looked at."""
    import numpy as np

    return np.memmap(
        window.path,
        dtype="<i2",
        mode="r",
        offset=window.first_sample * SAMPLE_BYTES,
        shape=(window.samples,),
    )


def _segment(
    model: Any, index: int, heard: Any, window: AudioWindow, options: DecodingOptions
) -> Segment:
    def clamp(seconds: float) -> float:
        return min(max(seconds, 0.0), window.seconds)

    spoken = words(model, index, clamp) if options.word_timestamps else ()
    return Segment(
        start=clamp(heard.t0 * CENTISECOND),
        end=clamp(heard.t1 * CENTISECOND),
        text=heard.text.strip(),
        avg_logprob=_avg_logprob(model, index),
        words=spoken,
    ).shifted(window.start)


def _avg_logprob(model: Any, segment: int) -> float | None:
    """Mean over the text tokens; None for a segment without any."""
    import _pywhispercpp as binding

    end_of_text = binding.whisper_token_eot(model._ctx)
    tokens = (
        binding.whisper_full_get_token_data(model._ctx, segment, token)
        for token in range(binding.whisper_full_n_tokens(model._ctx, segment))
    )
    logs = [token.plog for token in tokens if token.id < end_of_text]
    return sum(logs) / len(logs) if logs else None
