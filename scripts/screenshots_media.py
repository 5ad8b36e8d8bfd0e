"""Readings in the public domain, with pictures that go with them, as somebody would keep them."""

import textwrap
from collections.abc import Sequence
from pathlib import Path

import soundfile
from PIL import Image, ImageDraw, ImageFont

from tests import media

SIZE = (1280, 720)
PAPER, INK, ACCENT = "#f6f1e7", "#24303a", "#a4502a"
#: Of the film, one after the other for as long as each other.
SLIDES = (
    ("A Tale of Two Cities", "Charles Dickens, 1859"),
    ("The best of times", "wisdom, belief, Light, hope"),
    ("The worst of times", "foolishness, incredulity, Darkness, despair"),
    ("London and Paris", "Book the First: Recalled to Life"),
)
NOTES = """\
---
title: Notes on two readings
tags: [reading, notes]
---

# Notes on two readings

## Dickens

The opening sets each thing beside its opposite: wisdom and foolishness, hope and despair. The
best of times and the worst of times are the same times.

## Kennedy

One sentence turned round: not what the country does for you, but what you do for it.
"""


def made(folder: Path) -> list[Path]:
    """A film with slides, a speech, a picture and a text."""
    notes = folder / "notes.mdx"
    notes.write_text(NOTES, encoding="utf-8")
    poster = _slide(folder / "reading evening.png", "Reading evening", "Dickens and Kennedy, at 7")
    return [media.OWN / "jfk.flac", poster, notes, _film(folder)]


def _film(folder: Path) -> Path:
    sound = media.fetch_two_cities()
    each = soundfile.info(sound).duration / len(SLIDES)
    slides = [_slide(folder / f"slide{i}.png", *words) for i, words in enumerate(SLIDES)]
    film = folder / "A Tale of Two Cities.mp4"
    media.run_ffmpeg([*_shown(slides, each), "-i", sound, *_joined(len(slides)), film])
    return film


def _shown(slides: Sequence[Path], seconds: float) -> list[str | Path]:
    return [
        word
        for slide in slides
        for word in ("-loop", "1", "-framerate", "10", "-t", f"{seconds:.2f}", "-i", slide)
    ]


def _joined(count: int) -> list[str]:
    pictures = "".join(f"[{number}:v]" for number in range(count))
    chain = f"{pictures}concat=n={count}:v=1:a=0,format=yuv420p[v]"
    return ["-filter_complex", chain, "-map", "[v]", "-map", f"{count}:a", "-shortest"]


def _slide(path: Path, title: str, words: str) -> Path:
    picture = Image.new("RGB", SIZE, PAPER)
    pen = ImageDraw.Draw(picture)
    pen.rectangle((0, 0, 24, SIZE[1]), fill=ACCENT)
    pen.multiline_text((110, 210), textwrap.fill(title, 22), INK, ImageFont.load_default(96))
    pen.text((114, 470), words, ACCENT, ImageFont.load_default(44))
    picture.save(path)
    return path
