"""JSON for every door that takes it: wrong in its letters, its shape, its values."""

import json
import re
from collections.abc import Callable, Iterator, Sequence
from random import Random
from typing import Any, TypeAlias

from pydantic import BaseModel

from app.web.operation import JSON
from app.web.table import DOORS
from scripts.fuzz_bytes import CHANGES, changed
from scripts.fuzz_drive import Kind, is_planned, told
from scripts.fuzz_report import Failure, Tally
from scripts.fuzz_requests import NOWHERE
from scripts.fuzz_yard import Yard
from tests.hostile import FRAGMENTS

HEADERS = {"Content-Type": JSON}
MOST_LEVELS = 4
#: Values that are something else to one reader than to the next.
ATOMS: tuple[Any, ...] = (
    *(None, True, False, 0, -1, 1, 2**31, 2**53 + 1, 2**63, 2**64, -(2**63) - 1, 10**400, 0.1),
    *(1e308, -0.0, 5e-324, float("nan"), float("inf"), "", " ", "0", "true", "null", "\0"),
    *("\ud800", "\ufeff", "\u202ex", "é" * 300, "a" * 5000, "../secret.wav", "/etc/passwd"),
    *("2024-02-30", "9999-12-31T23:59:59-23:59", "data:;base64,AAAA", "file:///etc/passwd"),
    *("http://127.0.0.1:1/", "http://[::1]/", "text", "video", "hybrid", "whisper_cpp", "[]"),
    *("{}", "a#t=1", "a,b"),
)
#: Whole texts that are no JSON, or more than it takes.
TEXTS = (
    *(b"", b" ", b"\xef\xbb\xbf{}", b"{", b"}", b"[" * 100_000, b'{"a":' * 100_000),
    *(b"\xff\xfe{\0}\0", b"NaN", b"{'a': 1}", b'{"a": 01}', b'{"a": 1,}', b"// {}"),
    *(b'"\\ud800"', b"\0", b"null", b"[]", b'{"q": "a", "q": "b"}', b"1" * 5000, b"-"),
    *(b'"' + b"a" * 300_000, b"{}{}", b'{"\\u0000": 1}', b"1e99999"),
    b"{" + b",".join(b'"%d":0' % number for number in range(20_000)) + b',"7":0}',
)
#: Method, path, and what the body is meant to be.
Door: TypeAlias = tuple[str, str, type[BaseModel] | None]


def takers() -> list[Door]:
    return [
        (method, re.sub(r"\{[^}]*\}", NOWHERE, door.path), operation.body[JSON])
        for door in DOORS
        for method, operation in door.operations.items()
        if JSON in operation.body
    ]


def attempt(yard: Yard, numbers: Sequence[int], tally: Tally) -> Iterator[Failure]:
    doors = takers()
    for number in numbers:
        method, path, model = doors[number % len(doors)]
        body = written(yard.chance("json", number), model)
        answer = yard.spool.http.request(method, path, content=body, headers=HEADERS)
        tally.tried[told(answer.status_code)] += 1
        if not is_planned(answer.status_code):
            why = f"{method} {path}: {answer.status_code} {answer.text[:200]}"
            yield Failure(where=str(number), why=why, sent=body)


def written(chance: Random, model: type[BaseModel] | None) -> bytes:
    kind = chance.random()
    if kind < 0.1:
        return chance.choice(TEXTS)
    body = json.dumps(shaped(chance, model), ensure_ascii=chance.random() < 0.8)
    sent = body.encode(errors="surrogatepass")
    return changed(chance, sent, CHANGES) if kind < 0.4 else sent


def shaped(chance: Random, model: type[BaseModel] | None, level: int = 0) -> Any:
    """Names that are known there, or nearly, and anything as values."""
    names = [field.alias or name for name, field in (model.model_fields if model else {}).items()]
    if not names or chance.random() < 0.1:
        return anything(chance, level)
    wanted = chance.sample(names, chance.randint(1, len(names)))
    found = {name: anything(chance, level + 1) for name in wanted}
    if chance.random() < 0.1:
        found[chance.choice(FRAGMENTS)] = anything(chance, level + 1)
    return found


def anything(chance: Random, level: int = 0) -> Any:
    kind = chance.random() if level < MOST_LEVELS else 0.0
    if kind < 0.55:
        return chance.choice(ATOMS)
    if kind < 0.7:
        return "".join(chance.choices(FRAGMENTS, k=chance.randint(1, 6)))
    return chance.choice(MANY)(chance, level + 1)


def _list(chance: Random, level: int) -> list[Any]:
    return [anything(chance, level) for _ in range(chance.choice((0, 1, 2, 5, 60)))]


def _object(chance: Random, level: int) -> dict[str, Any]:
    names = chance.choices((*FRAGMENTS, "id", "text", "slug", "content"), k=chance.randint(0, 4))
    return {name: anything(chance, level) for name in names}


MANY: Sequence[Callable[[Random, int], Any]] = (_list, _object)

BODIES = Kind(
    name="json",
    about="bodies of JSON, over all doors that take it",
    usual=20_000,
    attempt=attempt,
)
