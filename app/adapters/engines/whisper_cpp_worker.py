"""What runs inside a worker process: whisper.cpp on one window.

The loaded model is a global of the process, the one exception to the rule against globals:
it is what the process is for.
"""

from functools import lru_cache
from typing import Any

from app.adapters.engines.whisper_cpp_context import LONG_CONTEXT, audio_context, flash_attention
from app.adapters.engines.whisper_cpp_devices import graphics
from app.adapters.engines.whisper_cpp_heard import Heard, best
from app.adapters.engines.whisper_cpp_sound import is_silent, samples
from app.adapters.engines.whisper_cpp_words import words
from app.domain.decoding import DecodingOptions
from app.domain.errors import EngineError
from app.domain.jobs import Task
from app.domain.media import SAMPLE_RATE, AudioWindow
from app.domain.transcript import (
    LanguageDetection,
    LanguageGuess,
    Repair,
    Segment,
    WindowTranscript,
)

CENTISECOND = 0.01  # whisper.cpp counts time in these
ALTERNATIVES = 4
#: What is tried in turn on a window that reads badly, with more context: see `Repair.way`.
WAYS: dict[str, dict[str, Any]] = {
    "full_context": {},
    "beam": {"beam_search": {"beam_size": 5, "patience": -1.0}},
}


@lru_cache(maxsize=2)  # two, so that jobs with different models need not reload by turns
def _load(model_path: str) -> Any:
    from pywhispercpp.model import Model

    try:  # its chatter goes nowhere; a log callback would be called after Python's end
        model = Model(
            model_path,
            redirect_whispercpp_logs_to=None,
            n_threads=1,
            context_params={"flash_attn": flash_attention()},
        )
    except Exception as error:
        raise EngineError(f"whisper.cpp could not load {model_path}: {error}") from error
    if getattr(model, "_ctx", None) is None:
        raise EngineError(f"whisper.cpp could not load {model_path}")
    return model


def warm(model_path: str) -> tuple[str, ...]:
    """Load the model; what graphics it computes on, if any."""
    _load(model_path)
    return graphics()


def detect_language(model_path: str, window: AudioWindow) -> LanguageDetection:
    import _pywhispercpp as binding

    model = _load(model_path)
    if not binding.whisper_is_multilingual(model._ctx):
        return LanguageDetection(language="en", confidence=1.0)
    _set_context(model, audio_context(window))
    (language, _), scores = model.auto_detect_language(samples(window), offset_ms=0, n_threads=1)
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
    if is_silent(window):
        return WindowTranscript(number=window.number, segments=())
    model = _load(model_path)
    first = _decode(model, window, options, audio_context(window))
    heard, repair = first, None
    if first.fault:
        heard, way = _mended(model, window, options, first)
        repair = Repair(start=window.start, end=window.end, reason=first.fault, way=way)
    return WindowTranscript(
        number=window.number, segments=heard.segments, language=heard.language, repair=repair
    )


def _mended(
    model: Any, window: AudioWindow, options: DecodingOptions, first: Heard
) -> tuple[Heard, str]:
    """The first way that reads well, by its name; else the least bad, of which the first may be."""
    more, tries = max(LONG_CONTEXT, audio_context(window)), [first]
    for way, parameters in WAYS.items():
        heard = _decode(model, window, options, more, **parameters)
        if heard.segments and not heard.fault:
            return heard, way
        tries.append(heard)
    return best(tries), "none"


def _decode(
    model: Any, window: AudioWindow, options: DecodingOptions, audio_ctx: int, **other: Any
) -> Heard:
    parameters = _parameters(options) | {"audio_ctx": audio_ctx} | other
    _set_strategy(model, beam="beam_search" in other)
    heard = model.transcribe(samples(window), **parameters)
    segments = (
        _segment(model, index, segment, window, options) for index, segment in enumerate(heard)
    )
    return Heard(
        segments=tuple(segments), language=None if options.language else _language_heard(model)
    )


def _set_strategy(model: Any, *, beam: bool) -> None:
    import _pywhispercpp as binding

    known = binding.whisper_sampling_strategy
    model._params.strategy = (
        known.WHISPER_SAMPLING_BEAM_SEARCH if beam else known.WHISPER_SAMPLING_GREEDY
    )


def _language_heard(model: Any) -> str:
    import _pywhispercpp as binding

    code: str = binding.whisper_lang_str(binding.whisper_full_lang_id(model._ctx))
    return code


def _parameters(options: DecodingOptions) -> dict[str, Any]:
    """All that is ever set, but for the context: they stick to the model object."""
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
        "temperature_inc": 0.0,
        "greedy": {"best_of": 1},
        "beam_search": {"beam_size": 1, "patience": -1.0},
        "print_progress": False,
    }


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
