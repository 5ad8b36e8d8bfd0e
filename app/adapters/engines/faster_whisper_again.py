"""A window that reads badly, or passes over speech, heard again in other ways."""

import math
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from app.adapters.engines.faster_whisper_ear import Ear, decode
from app.adapters.engines.faster_whisper_heard import STRETCHED, Heard
from app.adapters.engines.faster_whisper_parts import joined, place_to_cut
from app.adapters.engines.faster_whisper_sound import WHOLE, context, pauses
from app.domain.decoding import DecodingOptions
from app.domain.media import SAMPLE_RATE

if TYPE_CHECKING:
    from app.adapters.engines.faster_whisper_sound import Floats


@dataclass(frozen=True, kw_only=True)
class Rung:
    """A way to hear a window again, told as `Repair.way`."""

    name: str
    how: dict[str, Any] = field(default_factory=lambda: {"beam_size": 5})
    prompt: bool = True


#: What is tried in turn on a window that reads badly. openai/whisper draws lots here, at rising
#: temperatures; then a window heard again would read otherwise.
LADDER = (
    Rung(name="beam"),
    *(
        Rung(
            name="penalty",
            how={"beam_size": 5, "repetition_penalty": penalty, "no_repeat_ngram_size": 3},
        )
        for penalty in (1.1, 1.3)
    ),
    Rung(name="no_prompt", prompt=False),
)
NOTHING = "none"  # helped


def mended(ear: Ear, sound: "Floats", first: Heard, options: DecodingOptions) -> tuple[Heard, str]:
    """As it is if it reads well, else the first way of the ladder that does and skips nothing.

    If none does, the likeliest of those that are least bad. Also tells which way helped.
    """
    if not first.reads_badly:
        return _completed(ear, sound, first, options) if first.skips else (first, NOTHING)
    tries = [(first, NOTHING)]
    for rung in LADDER if options.prompt else LADDER[:-1]:
        asked = options if rung.prompt else replace(options, prompt=None)
        [heard] = decode(ear, [sound], WHOLE, asked, **rung.how)
        if heard.fault is None and not heard.silent:
            return heard, rung.name
        tries.append((heard, rung.name if _is_told(heard) else NOTHING))
    return max(tries, key=lambda tried: _worth(tried[0]))


def _is_told(heard: Heard) -> bool:
    """Its words stand for what was said."""
    return not heard.reads_badly and not heard.silent


def _worth(heard: Heard) -> tuple[bool, bool, bool, bool, int, float]:
    """Something is better than nothing, but nothing is better than a loop that nobody said."""
    looping = heard.loops and not heard.chants
    crams = heard.repeats and not heard.chants
    left_out = heard.passed_over.sound // STRETCHED
    told = _is_told(heard) or heard.chants
    return not looping, bool(heard.words), not crams, told, -int(left_out), heard.logprob


def _completed(
    ear: Ear, sound: "Floats", first: Heard, options: DecodingOptions
) -> tuple[Heard, str]:
    """In two parts Whisper passes over less than at once, and with all of its context, too."""
    if parts := _in_parts(ear, sound, first, options):
        return parts, "parts"
    [again] = decode(ear, [sound], WHOLE, options)
    better = _is_told(again) and again.passed_over.sound < first.passed_over.sound
    best, way = (again, "full_context") if better else (first, NOTHING)
    parts = _in_parts(ear, sound, again, options) if better and again.skips else None
    return (parts, "parts") if parts else (best, way)


def _in_parts(ear: Ear, sound: "Floats", whole: Heard, options: DecodingOptions) -> Heard | None:
    """Cut where speech was passed over; None if that cannot be or does not help."""
    place = place_to_cut(whole, pauses(sound), len(sound) / SAMPLE_RATE)
    if place is None:
        return None
    cut = round(place * SAMPLE_RATE)
    first, second = (_alone(ear, part, options) for part in (sound[:cut], sound[cut:]))
    lost = (first.silent and whole.has_word(0.0, place)) or (
        second.silent and whole.has_word(place, math.inf)
    )
    if first.fault or second.fault or lost:
        return None
    return joined(first, second, place)


def _alone(ear: Ear, sound: "Floats", options: DecodingOptions) -> Heard:
    [heard] = decode(ear, [sound], context(len(sound) / SAMPLE_RATE), options)
    return heard
