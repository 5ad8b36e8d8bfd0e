"""A Whisper that CTranslate2 runs: sound in, tokens out.

The loaded model is a global of the process, the one exception to the rule against globals:
it is what a worker process is for.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from app.adapters.engines.faster_whisper_encoder import encode, never, silence
from app.adapters.engines.faster_whisper_heard import Heard
from app.adapters.engines.faster_whisper_memory import keep_scratch
from app.adapters.engines.faster_whisper_sound import pauses
from app.adapters.engines.faster_whisper_tokens import Vocabulary
from app.adapters.engines.faster_whisper_words import settle, unheard
from app.domain.decoding import DecodingOptions
from app.domain.errors import EngineError
from app.domain.media import SAMPLE_RATE
from app.domain.mel import HOP, filters

if TYPE_CHECKING:
    from app.adapters.engines.faster_whisper_sound import Floats


@dataclass(frozen=True, kw_only=True)
class Ear:
    """A loaded model and what goes with it."""

    model: Any
    vocabulary: Vocabulary
    mel: "Floats"

    @cached_property
    def silence(self) -> "Floats":
        """Of the encoder's own, see there; computed once."""
        return silence(self.model)


@lru_cache(maxsize=2)  # two, so that jobs with different models need not reload by turns
def load(model_path: str) -> Ear:
    import ctranslate2
    import numpy as np

    keep_scratch()
    cuda = ctranslate2.get_cuda_device_count() > 0
    name = Path(model_path).name
    with translated(f"CTranslate2 could not load the model {name}", model_path, name):
        model = ctranslate2.models.Whisper(
            model_path,
            device="cuda" if cuda else "cpu",
            compute_type=_compute_type() if cuda else "int8",
            inter_threads=1,
            intra_threads=1,  # workers are processes: more threads would wait for one another
        )
        vocabulary = Vocabulary(Path(model_path), multilingual=model.is_multilingual)
    mel = np.array(filters(model.n_mels), np.float32)
    return Ear(model=model, vocabulary=vocabulary, mel=mel)


def _compute_type() -> str:
    """Of a card: old ones are no faster with halves, and CTranslate2 refuses them there."""
    import ctranslate2

    return "float16" if "float16" in ctranslate2.get_supported_compute_types("cuda") else "float32"


@contextmanager
def translated(what: str, hidden: str = "", shown: str = "") -> Iterator[None]:
    """`hidden`: what clients must not read in the library's words; they read `shown`."""
    try:
        yield
    except EngineError:
        raise
    except Exception as error:  # neither library has a common class for its errors
        told = str(error).replace(hidden, shown) if hidden else str(error)
        raise EngineError(f"{what}: {told}") from error


def decode(
    ear: Ear,
    sounds: "Sequence[Floats]",
    seconds: float,
    options: DecodingOptions,
    enough: Callable[[], bool] = never,
    **how: Any,
) -> list[Heard]:
    """All of the sounds, or as many of the first as were `enough`, but one at least."""
    encoded = encode(ear, sounds, seconds, enough)
    sounds = sounds[: encoded.shape[0]]
    languages = _languages(ear, encoded, options, len(sounds))
    answers = ear.model.generate(
        encoded,
        [ear.vocabulary.prompt(language, options) for language in languages],
        return_scores=True,
        return_no_speech_prob=True,
        **({"beam_size": 1} | how),
    )
    end = ear.vocabulary.end_of_text
    texts = [[token for token in answer.sequences_ids[0] if token < end] for answer in answers]
    alignments = ear.model.align(
        encoded,
        ear.vocabulary.start(languages[0], options.task),
        texts,
        [len(sound) // HOP for sound in sounds],
    )
    return [
        _heard(ear, sound, language, tokens, alignment, answer)
        for sound, language, tokens, alignment, answer in zip(
            sounds, languages, texts, alignments, answers, strict=True
        )
    ]


def _heard(
    ear: Ear, sound: "Floats", language: str, tokens: list[int], alignment: Any, answer: Any
) -> Heard:
    quiet, seconds = pauses(sound), len(sound) / SAMPLE_RATE
    words = ear.vocabulary.words(tokens, alignment)
    settle(words, quiet, seconds)
    return Heard(
        language=language,
        text=ear.vocabulary.text(tokens),
        words=words,
        logprob=answer.scores[0],
        no_speech_prob=answer.no_speech_prob,
        unheard=unheard(words, quiet, seconds),
    )


def _languages(ear: Ear, encoded: Any, options: DecodingOptions, count: int) -> list[str]:
    if not ear.model.is_multilingual:
        return ["en"] * count
    if options.language:
        return [options.language] * count
    return [likely[0][0][2:-2] for likely in ear.model.detect_language(encoded)]
