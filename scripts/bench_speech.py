"""Minutes of real speech with its words: clips joined with pauses."""

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import soundfile
import soxr

from app.domain.media import SAMPLE_RATE
from tests import media

PAUSES = (0.5, 0.8, 1.2, 0.6)  # seconds between clips, in turn
HUSH = 0.0005  # loudness of a pause: no room is as silent as zeros
JFK = (
    "And so, my fellow Americans, ask not what your country can do for you, "
    "ask what you can do for your country."
)


@dataclass(frozen=True, kw_only=True)
class Speech:
    #: 16 kHz mono s16 WAV.
    path: Path
    text: str
    seconds: float
    #: How many clips it is made of, and how many of them are heard a second time.
    clips: int
    repeated: int


def speech(path: Path, seconds: float) -> Speech:
    """Whole clips up to `seconds`: all of them in turn, then those again that still fit."""
    pauses = itertools.cycle(PAUSES)
    sound: list[Any] = []
    words: list[str] = []
    left = round(seconds * SAMPLE_RATE)
    known = [(_samples(file), text) for file, text in _clips()]
    for clip, text in itertools.chain(known, known, known, known):
        pause = _pause(next(pauses))
        if len(clip) + len(pause) <= left:
            left -= len(clip) + len(pause)
            sound += [clip, pause]
            words.append(text)
    whole = np.concatenate(sound)
    soundfile.write(path, whole, SAMPLE_RATE, subtype="PCM_16")
    return Speech(
        path=path,
        text=" ".join(words),
        seconds=len(whole) / SAMPLE_RATE,
        clips=len(words),
        repeated=len(words) - len(set(words)),
    )


def passage() -> Path:
    """One continuous reading, or the nearest there is: to be repeated where words do not count."""
    found = media.CORPUS / "speech" / "lj001_0001_0008_passage.flac"
    return found if found.is_file() else media.OWN / "jfk.flac"


def _clips() -> Iterator[tuple[Path, str]]:
    """English clips with their words, longest reading first; sentences of the passage only once."""
    two_cities = (media.OWN / "two_cities.txt").read_text(encoding="utf-8").strip()
    yield media.fetch_two_cities(), two_cities
    if not media.CORPUS.is_dir():
        yield media.OWN / "jfk.flac", JFK
        return
    for words in sorted((media.CORPUS / "speech").glob("*.txt"), key=_longest_first):
        sound = next(file for file in words.parent.glob(f"{words.stem}.*") if file != words)
        if sound.suffix != ".webm":  # the German clips
            yield sound, words.read_text(encoding="utf-8").strip()


def _longest_first(words: Path) -> tuple[int, str]:
    return -words.stat().st_size, words.name


def _samples(file: Path) -> Any:
    sound, rate = soundfile.read(file, dtype="float32", always_2d=True)
    return soxr.resample(sound.mean(axis=1), rate, SAMPLE_RATE)


def _pause(seconds: float) -> Any:
    loudness = np.random.default_rng(seed=1).normal(scale=HUSH, size=round(seconds * SAMPLE_RATE))
    return loudness.astype("float32")
