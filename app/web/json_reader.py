"""JSON, read up to so many values and levels: what comes after costs nothing.

What is read is then looked at value by value, and each that is wrong is named: of eight million
numbers in 16 MiB that alone would keep everybody waiting for a minute.
"""

import json
import re
from typing import Any, TypeAlias

from app.domain.errors import InvalidRequest

#: Texts, numbers, lists and objects. The most that anybody needs are 200 pages with 50 labels each.
MOST_VALUES = 20_000
DEEPEST = 64
MAX_NAME = 100  # characters of a name that are repeated

#: A value, and the place behind it.
Found: TypeAlias = tuple[Any, int]

_BLANK = re.compile(r"[ \t\n\r]*")


def read(body: bytes | bytearray) -> Any:
    """Raises ValueError where it is no JSON, and InvalidRequest where it is too much of it or a
    name comes twice in one object: who knows which is meant."""
    text = body.decode(json.detect_encoding(body), "surrogatepass")
    return _Reader(text).whole()


class _Reader:
    def __init__(self, text: str) -> None:
        self._text = text
        self._left = MOST_VALUES

    def whole(self) -> Any:
        value, place = self._value(self._behind_blank(0), 0)
        if self._behind_blank(place) < len(self._text):
            raise self._fault("Extra data", place)
        return value

    def _value(self, place: int, depth: int) -> Found:
        self._left -= 1
        if self._left < 0:
            raise InvalidRequest(f"the body has more than {MOST_VALUES} values")
        if depth > DEEPEST:
            raise InvalidRequest(f"the body is not JSON of at most {DEEPEST} levels")
        match self._text[place : place + 1]:
            case "[":
                return self._list(place + 1, depth)
            case "{":
                return self._object(place + 1, depth)
            case _:
                return _SCALAR.raw_decode(self._text, place)

    def _list(self, place: int, depth: int) -> Found:
        found: list[Any] = []
        place = self._behind_blank(place)
        if self._text.startswith("]", place):
            return found, place + 1
        while True:
            value, place = self._value(place, depth + 1)
            found.append(value)
            place, over = self._behind_mark(place, "]")
            if over:
                return found, place

    def _object(self, place: int, depth: int) -> Found:
        found: dict[str, Any] = {}
        place = self._behind_blank(place)
        if self._text.startswith("}", place):
            return found, place + 1
        while True:
            name, place = self._name(place)
            if name in found:
                raise InvalidRequest(f"{name[:MAX_NAME]}: given twice")
            found[name], place = self._value(place, depth + 1)
            place, over = self._behind_mark(place, "}")
            if over:
                return found, place

    def _name(self, place: int) -> tuple[str, int]:
        """And the place of its value."""
        if not self._text.startswith('"', place):
            raise self._fault("Expecting property name enclosed in double quotes", place)
        name, place = _SCALAR.raw_decode(self._text, place)
        place = self._behind_blank(place)
        if not self._text.startswith(":", place):
            raise self._fault("Expecting ':' delimiter", place)
        return name, self._behind_blank(place + 1)

    def _behind_mark(self, place: int, end: str) -> tuple[int, bool]:
        """Of the next value, or behind `end`, and whether it is the end."""
        place = self._behind_blank(place)
        if self._text.startswith(end, place):
            return place + 1, True
        if not self._text.startswith(",", place):
            raise self._fault("Expecting ',' delimiter", place)
        return self._behind_blank(place + 1), False

    def _behind_blank(self, place: int) -> int:
        blank = _BLANK.match(self._text, place)
        return blank.end() if blank else place

    def _fault(self, said: str, place: int) -> ValueError:
        return json.JSONDecodeError(said, self._text, place)


def _no_number(word: str) -> float:
    raise ValueError(f"{word} is no number in JSON")


_SCALAR = json.JSONDecoder(parse_constant=_no_number)
