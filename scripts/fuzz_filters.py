"""Strings that mean something in a query: each finds what it names, and nothing beside it.

Each string is the id and the asset of one row of the index and the label of another, and both are
taken out again; so it is known how many rows every question must find.
"""

import base64
import json
from array import array
from collections.abc import Iterator, Sequence
from typing import Any, TypeAlias

import httpx2

from app.adapters.embedders.slot import MINILM_DIMENSIONS
from scripts.fuzz_drive import Kind
from scripts.fuzz_report import Failure, Tally
from scripts.fuzz_yard import Yard
from tests.hostile import LISTS, hostile_strings

ADD, SEARCH = "/bulk-add", "/api/v1/search"
#: Rows that no string names.
STILL = ("still 1", "still 2", "still 3")
ALL = "every one"  # a label of all rows that have labels
#: Ends what a careless query would have begun. No string has these letters.
TAIL = "' OR 1=1 --¶"
#: Made here, for the model takes its time and is not what is tried.
VECTOR = base64.b64encode(array("f", [1.0, *[0.0] * (MINILM_DIMENSIONS - 1)]).tobytes()).decode()
#: Those of the database, and of the index.
ALL_LISTS = (
    *LISTS,
    (f"{SEARCH}?q=word&mode=keyword", "cursor", "hits"),
    (f"{SEARCH}?q=word&mode=keyword", "media_type", "hits"),
)
#: What is wrong, of a string.
Wrong: TypeAlias = Iterator[str]


def stock(yard: Yard) -> None:
    """A page, so that each list of the database has a row, and rows of the index."""
    page = {"slug": "a page", "content": "a word", "labels": ["one"]}
    [sent] = yard.spool.http.post("/sync-content", json=page).json()["pages"]
    yard.spool.ended(sent["job_id"])
    _add(yard, [_row(name, name) for name in STILL])


def attempt(yard: Yard, numbers: Sequence[int], tally: Tally) -> Iterator[Failure]:
    strings = hostile_strings(max(numbers) + 1, yard.seed)
    few = {number: strings[number] for number in numbers}
    _add(yard, [row for number, text in few.items() for row in _rows(number, text)])
    for number, text in few.items():
        tally.tried["questions"] += 1
        for why in (*_searched(yard, number, text), *_listed(yard, number, text)):
            yield Failure(where=str(number), why=f"{text!r}: {why}", sent=text.encode())
    yield from _taken_out(yard, few)


def _rows(number: int, text: str) -> list[dict[str, Any]]:
    return [_row(text, text), _row(f"row {number}", f"row {number}", text, ALL)]


def _row(name: str, asset_id: str, *labels: str) -> dict[str, Any]:
    row = {"id": name, "asset_id": asset_id, "text": "a word"}
    return {**row, "labels": labels, "vector": VECTOR}


def _add(yard: Yard, records: Sequence[dict[str, Any]]) -> dict[str, Any]:
    answer = yard.spool.http.post(ADD, json={"records": records})
    assert answer.status_code == 200, answer.text
    told: dict[str, Any] = answer.json()
    return told


def _searched(yard: Yard, number: int, text: str) -> Wrong:
    questions: list[tuple[dict[str, Any], list[str]]] = [
        ({"asset_id": text}, [text]),
        ({"asset_id": text + TAIL}, []),
        ({"labels": [text]}, [f"row {number}"]),
        ({"labels": [text, ALL]}, [f"row {number}"]),
        ({"labels": [text + TAIL, ALL]}, []),
    ]
    for question, expected in questions:
        if (found := _found(yard, number, question)) != expected:
            yield f"{question} finds {found}, not {expected}"


def _found(yard: Yard, number: int, question: dict[str, Any]) -> Any:
    """Assets of the hits, by body and by address in turn; else what was answered."""
    asked = {"q": "word", "mode": "keyword", "limit": 100, "group": False, **question}
    if number % 2:
        answer = yard.spool.http.post(SEARCH, json=asked)
    else:
        answer = yard.spool.http.get(SEARCH, params={k: _written(v) for k, v in asked.items()})
    if answer.status_code != 200:
        return f"{answer.status_code} {answer.text[:200]}"
    return [hit["asset_id"] for hit in answer.json()["hits"]]


def _written(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def _listed(yard: Yard, number: int, text: str) -> Wrong:
    path, name, rows = ALL_LISTS[number % len(ALL_LISTS)]
    answer = yard.spool.http.get(httpx2.URL(path).copy_merge_params({name: text}))
    if answer.status_code not in (200, 422):
        yield f"{path} {name}: {answer.status_code} {answer.text[:200]}"
    elif answer.status_code == 200 and answer.json()[rows]:
        yield f"{path} {name} finds {answer.json()[rows]}"


def _taken_out(yard: Yard, few: dict[int, str]) -> Iterator[Failure]:
    """Each takes out its own row; all others are still there."""
    last, names = str(max(few)), [*few.values(), *(f"row {number}" for number in few)]
    removed = _add(yard, [{"id": name, "deleted": True} for name in names])["removed"]
    if removed != len(names):
        yield Failure(where=last, why=f"{removed} rows went, not {len(names)}")
    answer = yard.spool.http.get(SEARCH, params={"q": "word", "mode": "keyword", "group": "false"})
    left = sorted(hit["asset_id"] for hit in answer.json()["hits"])
    if left != sorted(("a page", *STILL)):
        yield Failure(where=last, why=f"what is left is {left}")


FILTERS = Kind(
    name="filters",
    about="filter strings, with the number of rows that each must find",
    usual=5000,
    at_once=50,
    attempt=attempt,
    prepare=stock,
)
