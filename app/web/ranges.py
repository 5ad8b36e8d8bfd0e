"""Which stretch of a file a request wants (RFC 9110, 14)."""

import re
from dataclasses import dataclass

from starlette.datastructures import Headers

from app.domain.errors import RangeUnsatisfiable

#: Digits that a number may have; a file has 19 at most.
DIGITS = 100
#: One stretch. Of several all is sent, as it may be: thousands of tiny ones in one header would
#: make an answer far larger than the file.
_ONE = re.compile(rf"\s*bytes\s*=\s*([0-9]{{0,{DIGITS}}})-([0-9]{{0,{DIGITS}}})\s*", re.IGNORECASE)


@dataclass(frozen=True, kw_only=True)
class Stretch:
    """Bytes from `first` up to but not including `end`."""

    first: int
    end: int

    @property
    def size(self) -> int:
        return self.end - self.first


def wanted(headers: Headers, size: int, marks: tuple[str, str]) -> Stretch | None:
    """None: all of a file of `size` bytes, also where what is asked for is no range of bytes.

    `marks`: its ETag and its date; `If-Range` must name one of them, or it is another file by now.
    Raises RangeUnsatisfiable for what lies behind the end.
    """
    match = _ONE.fullmatch(headers.get("range", ""))
    if match is None or headers.get("if-range", marks[0]) not in marks:
        return None
    if match[1]:
        return _between(int(match[1]), int(match[2]) if match[2] else None, size)
    return _last(int(match[2]), size) if match[2] else None


def _between(first: int, last: int | None, size: int) -> Stretch | None:
    """`last` is included, as clients count; None: to the end."""
    if last is not None and last < first:
        return None
    if first >= size:
        raise _unsatisfiable(size)
    return Stretch(first=first, end=size if last is None else min(last + 1, size))


def _last(number: int, size: int) -> Stretch:
    if not (number and size):
        raise _unsatisfiable(size)
    return Stretch(first=max(size - number, 0), end=size)


def _unsatisfiable(size: int) -> RangeUnsatisfiable:
    return RangeUnsatisfiable(f"there are {size} bytes", size=size)
