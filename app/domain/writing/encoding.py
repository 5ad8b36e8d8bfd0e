"""From bytes to text, whatever they were written with."""

import codecs
import re
from collections.abc import Iterator
from dataclasses import dataclass

from app.domain.errors import MediaUnreadable

#: The longer marks first: that of UTF-32 begins as that of UTF-16 does.
MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
#: What is neither marked nor UTF may be in these, as most such files are.
GUESSES = ("cp1252", "latin-1")
#: What stands in no text. Tab, line feeds, form feed and escape (of terminals) do.
_STRANGE = re.compile("[\x00-\x08\x0b\x0e-\x1a\x1c-\x1f]")
#: Text may hold this part of them, by accident.
STRAY = 0.001
#: Bytes that are looked at to tell UTF-16 without a mark.
LOOK = 4096


@dataclass(frozen=True, kw_only=True)
class Decoded:
    #: Lines end in `\\n`; there is no byte order mark and no NUL in it.
    text: str
    encoding: str

    @property
    def is_guessed(self) -> bool:
        """Whether nothing in the bytes tells that it is right: any bytes are text in these."""
        return self.encoding in GUESSES


def decoded(content: bytes, name: str) -> Decoded:
    """Raises MediaUnreadable, which calls it by `name`, when it is no text."""
    for encoding in _encodings(content):
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        if _is_text(text):
            lines = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
            return Decoded(text=lines, encoding=encoding)
    raise MediaUnreadable(f"{name} is not text")


def _encodings(content: bytes) -> Iterator[str]:
    """That of its mark alone, or those it may be in, likely ones first.

    Every byte means something in Latin-1: what is not text there is none at all.
    """
    marked = next((name for mark, name in MARKS if content.startswith(mark)), None)
    if marked is not None:
        yield marked
        return
    yield "utf-8"
    yield from _wide(content[:LOOK])
    yield from GUESSES


def _wide(beginning: bytes) -> Iterator[str]:
    """Letters of the West in UTF-16 have a zero in every second byte."""
    pairs = len(beginning) // 2
    if pairs and beginning[1::2].count(0) > 0.4 * pairs:
        yield "utf-16-le"
    if pairs and beginning[0::2].count(0) > 0.4 * pairs:
        yield "utf-16-be"


def _is_text(text: str) -> bool:
    strange = sum(1 for _ in _STRANGE.finditer(text))
    return "\x00" not in text and strange <= STRAY * len(text)
