"""The body of a bulk-add: read record by record, so that others have their turn in between."""

import json
import re
from collections.abc import Iterator
from contextlib import suppress
from itertools import count
from typing import Any, TypeAlias

from pydantic import ValidationError

from app.domain.errors import InvalidRequest
from app.domain.records import MAX_RECORDS, Record
from app.web.search_schemas import record_of

MAX_BULK = 128 * 1024 * 1024  # bytes
#: Of one record: it is read at once, and nobody has his turn meanwhile. Two vectors of 4096
#: numbers and the longest text are a third of it.
MAX_RECORD = 1024 * 1024
MOST_HAVE = 64 * 1024
AS_LINES = 'send a JSON record a line, or {"records": [...]}'

Bytes: TypeAlias = bytes | bytearray

_HEAD = re.compile(r'\s*\{\s*"records"\s*:\s*\[\s*', re.ASCII)
_NEXT = re.compile(r"\s*,\s*", re.ASCII)
_FOOT = re.compile(r"\s*\]\s*\}\s*", re.ASCII)
_BLANK = re.compile(rb"\s*")
_DECODER = json.JSONDecoder()


def records_in(body: Bytes, *, lines: bool) -> tuple[list[Record], list[str]]:
    """What is added, and moments that go; of one id the last counts.

    Raises InvalidRequest, which names the record.

    Runs in a thread: it takes a second for 10,000 records with vectors.
    """
    latest: dict[str, Record | None] = {}
    for number, given in enumerate(_lines(body) if lines else _listed(body)):
        if number >= MAX_RECORDS:
            raise InvalidRequest(f"records: {MAX_RECORDS} at most in one call")
        record = _read(number, given)
        if isinstance(record, Record):
            latest[record.moment.moment_id] = record
        else:
            latest[record] = None
    if not latest:
        raise InvalidRequest("records: there are none", hint=AS_LINES)
    records = [record for record in latest.values() if record is not None]
    return records, [moment_id for moment_id, record in latest.items() if record is None]


def _read(number: int, given: Any) -> Record | str:
    try:
        return record_of(given)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in ("records", number, *first["loc"]))
        raise InvalidRequest(f"{place}: {first['msg'].removeprefix('Value error, ')}") from error
    except ValueError as error:
        raise InvalidRequest(f"records.{number}: {error}") from error


def _lines(body: Bytes) -> Iterator[Any]:
    """One at a time: a list of all of them takes eight bytes for each line break."""
    number, place = 1, 0
    while (start := _end_of_blank(body, place)) < len(body):
        number += body.count(b"\n", place, start)
        place = body.find(b"\n", start)
        place = len(body) if place < 0 else place
        if place - start > MAX_RECORD:
            raise InvalidRequest(f"line {number} has more than {MAX_RECORD} bytes")
        yield _json(body[start:place], f"line {number}")


def _end_of_blank(body: Bytes, place: int) -> int:
    blank = _BLANK.match(body, place)
    return blank.end() if blank else place


def _json(part: Bytes, place: str) -> Any:
    try:
        return json.loads(part.decode())
    except (ValueError, RecursionError) as error:
        raise InvalidRequest(f"{place} is not JSON", hint=AS_LINES) from error


def _listed(body: Bytes) -> Iterator[Any]:
    """Each record is found with a byte as a letter, for one letter beyond 65,535 would make the
    whole four times as large; then it is read by itself.
    """
    text = body.decode("latin-1")
    head = _HEAD.match(text)
    if head is None:
        raise InvalidRequest("records: is missing", hint=AS_LINES)
    place = head.end()
    if _FOOT.fullmatch(text, place):
        return
    for number in count():
        value, end = _first(text, place, number)
        part, place = body[place:end], end
        yield value if part.isascii() else _json(part, "the body")
        if following := _NEXT.match(text, place):
            place = following.end()
        elif _FOOT.fullmatch(text, place):
            return
        else:
            raise InvalidRequest("the body is not JSON", hint=AS_LINES)


def _first(text: str, place: int, number: int) -> tuple[Any, int]:
    """The record that begins there, and where it ends. Of what is too long no more is read than
    a record may have; as it was cut, nobody knows what else is wrong with it."""
    for size in (MOST_HAVE, MAX_RECORD):
        with suppress(ValueError, RecursionError):
            value, length = _DECODER.raw_decode(text[place : place + size])
            return value, place + length
    more = f", or record {number} has more than {MAX_RECORD} bytes"
    told = more if len(text) - place > MAX_RECORD else ""
    raise InvalidRequest(f"the body is not JSON{told}", hint=AS_LINES)
