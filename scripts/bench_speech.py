"""As much real speech as is wanted, with its words: clips joined with pauses."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import soundfile
import soxr

from app.domain.media import SAMPLE_RATE
from tests import media

#: People who talk freely make about so many words a minute, pauses included; readers make more.
PACE = 130.0
SHORTEST, LONGEST = 0.5, 12.0  # seconds of a pause
#: How unlike pauses are: the spread of the logarithm of a factor whose mean is 1.
SPREAD = 0.75
HUSH = 0.0005  # loudness of a pause: no room is as silent as zeros
#: Loudness of what is heard where nobody speaks, in turn: zeros, a room, a hiss, a roar.
LOUDNESS = (0.0, HUSH, 0.01, 0.1)
STRETCH = 20.0  # seconds of each
JFK = (
    "And so, my fellow Americans, ask not what your country can do for you, "
    "ask what you can do for your country."
)


@dataclass(frozen=True, kw_only=True)
class Clip:
    #: float32 of -1..1, mono, 16 kHz.
    samples: Any
    text: str

    @property
    def seconds(self) -> float:
        return len(self.samples) / SAMPLE_RATE


@dataclass(frozen=True, kw_only=True)
class Speech:
    #: 16 kHz mono s16 WAV.
    path: Path
    text: str
    seconds: float
    #: How many clips one after the other, and how many different ones.
    clips: int
    different: int
    #: Seconds after each clip.
    pauses: tuple[float, ...]

    def __str__(self) -> str:
        return (
            f"{self.seconds:.0f} s of English with pauses, {len(self.text.split())} words "
            f"({60 * len(self.text.split()) / self.seconds:.0f} a minute): {self.different} clips, "
            f"each {self.clips / self.different:.1f} times"
        )


def speech(path: Path, seconds: float, clips: Sequence[Clip] = ()) -> Speech:
    """Exactly `seconds`, the same at every call; what is shorter begins as what is longer does.

    `clips`: those of the corpus, or that packages ship, unless they are given.
    Raises ValueError if not one of them fits.
    """
    known = clips or _known()
    parts = list(plan(known, seconds))
    if not parts:
        raise ValueError(f"no clip is shorter than {seconds:g} s")
    room = np.random.default_rng(seed=1)
    with soundfile.SoundFile(path, "w", SAMPLE_RATE, channels=1, subtype="PCM_16") as file:
        for number, pause in parts:
            file.write(known[number].samples)
            file.write(_noise(room, HUSH, pause))
        file.write(_noise(room, HUSH, seconds - file.tell() / SAMPLE_RATE))
    return Speech(
        path=path,
        text=" ".join(known[number].text for number, _ in parts),
        seconds=seconds,
        clips=len(parts),
        different=len({number for number, _ in parts}),
        pauses=tuple(pause for _, pause in parts),
    )


def plan(clips: Sequence[Clip], seconds: float) -> Iterator[tuple[int, float]]:
    """The number of each clip, and the seconds of the pause after it.

    None comes again before all had their turn, each time in another order. At the end those that
    are too long for what is left are left out.
    """
    chance = np.random.default_rng(seed=2)
    passed, words, found = 0.0, 0, True
    while found:
        found = False
        for number in map(int, chance.permutation(len(clips))):
            clip, factor = clips[number], chance.lognormal(-(SPREAD**2) / 2, SPREAD)
            if passed + clip.seconds + SHORTEST > seconds:
                continue
            found = True
            passed, words = passed + clip.seconds, words + len(clip.text.split())
            owed = 60 * words / PACE - passed
            pause = min(max(owed * factor, SHORTEST), LONGEST, seconds - passed)
            pause = int(pause * SAMPLE_RATE) / SAMPLE_RATE  # whole samples, or they add up
            passed += pause
            yield number, pause


def nobody(path: Path, seconds: float) -> Path:
    """Silence and noise of several kinds, in turn: nothing that anybody said."""
    room = np.random.default_rng(seed=3)
    with soundfile.SoundFile(path, "w", SAMPLE_RATE, channels=1, subtype="PCM_16") as file:
        for number in range(round(seconds / STRETCH)):
            file.write(_noise(room, LOUDNESS[number % len(LOUDNESS)], STRETCH))
    return path


def passage() -> Path:
    """One continuous reading, or the nearest there is: to be repeated where words do not count."""
    found = media.CORPUS / "speech" / "lj001_0001_0008_passage.flac"
    return found if found.is_file() else media.OWN / "jfk.flac"


@cache
def _known() -> tuple[Clip, ...]:
    return tuple(Clip(samples=_samples(file), text=text) for file, text in _files())


def _files() -> Iterator[tuple[Path, str]]:
    """English clips with their words."""
    two_cities = (media.OWN / "two_cities.txt").read_text(encoding="utf-8").strip()
    yield media.fetch_two_cities(), two_cities
    if not media.CORPUS.is_dir():
        yield media.OWN / "jfk.flac", JFK
        return
    for words in sorted((media.CORPUS / "speech").glob("*.txt")):
        sound = next(file for file in words.parent.glob(f"{words.stem}.*") if file != words)
        if sound.suffix != ".webm":  # the German clips
            yield sound, words.read_text(encoding="utf-8").strip()


def _samples(file: Path) -> Any:
    sound, rate = soundfile.read(file, dtype="float32", always_2d=True)
    return soxr.resample(sound.mean(axis=1), rate, SAMPLE_RATE)


def _noise(chance: np.random.Generator, loudness: float, seconds: float) -> Any:
    samples = chance.normal(scale=loudness, size=round(seconds * SAMPLE_RATE))
    return samples.clip(-1, 1).astype("float32")
