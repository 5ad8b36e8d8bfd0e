"""The body of a bulk-add: read record by record, so that others have their turn in between."""

import json
import re
from collections.abc import Iterator
from typing import Any

from pydantic import ValidationError

from app.domain.errors import InvalidRequest
from app.domain.records import MAX_RECORDS, Record
from app.web.search_schemas import record_of

MAX_BULK = 128 * 1024 * 1024  # bytes
AS_LINES = 'send a JSON record a line, or {"records": [...]}'

_HEAD = re.compile(r'\s*\{\s*"records"\s*:\s*\[\s*')
_NEXT = re.compile(r"\s*,\s*")
_FOOT = re.compile(r"\s*\]\s*\}\s*")


def records_in(body: bytes, *, lines: bool) -> tuple[list[Record], list[str]]:
    """What is added, and moments that go; of one id the last counts.

    Raises InvalidRequest, which names the record.

    Runs in a thread: it takes a second for 10,000 records with vectors.
    """
    try:
        text = body.decode()
    except UnicodeDecodeError as error:
        raise InvalidRequest("the body is not UTF-8") from error
    latest: dict[str, Record | None] = {}
    for number, given in enumerate(_lines(text) if lines else _listed(text)):
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
        raise InvalidRequest(f"{place}: {first['msg']}") from error
    except ValueError as error:
        raise InvalidRequest(f"records.{number}: {error}") from error


def _lines(text: str) -> Iterator[Any]:
    for number, line in enumerate(text.split("\n")):
        if line.strip():
            yield _json(line, f"line {number + 1}")


def _json(line: str, place: str) -> Any:
    try:
        return json.loads(line)
    except (ValueError, RecursionError) as error:
        raise InvalidRequest(f"{place} is not JSON", hint=AS_LINES) from error


def _listed(text: str) -> Iterator[Any]:
    head = _HEAD.match(text)
    if head is None:
        raise InvalidRequest("records: is missing", hint=AS_LINES)
    decoder, place = json.JSONDecoder(), head.end()
    while True:
        try:
            value, place = decoder.raw_decode(text, place)
        except (ValueError, RecursionError) as error:
            if _FOOT.fullmatch(text, place) and place == head.end():
                return
            raise InvalidRequest("the body is not JSON", hint=AS_LINES) from error
        yield value
        if following := _NEXT.match(text, place):
            place = following.end()
        elif _FOOT.fullmatch(text, place):
            return
        else:
            raise InvalidRequest("the body is not JSON", hint=AS_LINES)
