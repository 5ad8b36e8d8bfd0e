"""JSON that a request brings."""

import json

import pytest

from app.domain.errors import InvalidRequest
from app.web.body import MOST_BRACKETS, _once, parsed_json


class Counted(str):
    """A name that counts how often one of its kind is compared or hashed."""

    looks = 0

    def __eq__(self, other: object) -> bool:
        Counted.looks += 1
        return str.__eq__(self, other)

    def __hash__(self) -> int:
        Counted.looks += 1
        return str.__hash__(self)


@pytest.mark.parametrize("empty", ["[]", "{}"])
def test_lists_of_millions_of_nothings_are_refused_before_they_are_read(
    empty: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    body = f"[{','.join([empty] * MOST_BRACKETS)}]".encode()
    monkeypatch.setattr(json, "loads", lambda *_, **__: pytest.fail("it is read"))
    with pytest.raises(InvalidRequest, match="more than 500000 lists and objects"):
        parsed_json(body)


def test_a_long_text_that_is_full_of_brackets_is_read() -> None:
    text = "[12.345,6.789]," * 350_000
    assert parsed_json(json.dumps({"text": text}).encode()) == {"text": text}


def test_the_one_name_of_thousands_that_comes_twice_is_found_in_a_few_looks_at_each() -> None:
    number = 20_000
    names = [Counted(f"name {each}") for each in range(number)]
    Counted.looks = 0
    with pytest.raises(InvalidRequest, match="name 19999: given twice"):
        _once([(name, None) for name in [*names, Counted(names[-1])]])
    assert number <= Counted.looks < 10 * number
