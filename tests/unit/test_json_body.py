"""JSON that a request brings."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.requests import Request
from starlette.types import Message

from app.domain.errors import InvalidRequest, TooLarge
from app.web import json_reader, schemas
from app.web.assets_schemas import AssetPatch
from app.web.body import MAX_JSON, parsed_json, read_json
from app.web.json_reader import DEEPEST, MOST_VALUES
from app.web.schemas import MOST_LABELS, MOST_LETTERS
from app.web.search_schemas import MAX_VECTOR, record_of

SCALARS = st.none() | st.booleans() | st.integers() | st.text() | st.floats(allow_nan=False)
VALUES = st.recursive(
    SCALARS.filter(lambda value: value not in (float("inf"), float("-inf"))),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
)
#: What JSON is made of, and what is nearly that.
PIECES = st.sampled_from(
    (
        *("{", "}", "[", "]", ",", ":", "-", '"', '"a"', '"b"', "1", "01", "1.", "-1.5e3", "true"),
        *(
            "nul",
            '"\\u00e9"',
            '"\\ud800"',
            '"\n"',
            "NaN",
            "-Infinity",
            "\ufeff",
            "\x00",
            "{}",
            "[]",
        ),
    )
)


class Counting:
    """Stands for the decoder of single values, and counts them."""

    def __init__(self) -> None:
        self.values = 0

    def raw_decode(self, text: str, place: int) -> tuple[Any, int]:
        self.values += 1
        return json.JSONDecoder().raw_decode(text, place)


def of_pythons(body: bytes) -> Any:
    """As the standard library reads it; None where it refuses, or we do."""

    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        if len(dict(pairs)) < len(pairs):
            raise ValueError("twice")
        return dict(pairs)

    def refuse(word: str) -> None:
        raise ValueError(word)

    try:
        return [json.loads(body, object_pairs_hook=once, parse_constant=refuse)]
    except ValueError:
        return None


def ours(body: bytes) -> Any:
    try:
        return [parsed_json(body)]
    except InvalidRequest:
        return None


@given(VALUES, st.sampled_from([None, 2]), st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]))
def test_what_is_json_is_read_as_everybody_reads_it(
    value: object, indent: int | None, encoding: str
) -> None:
    text = json.dumps(value, indent=indent)
    assert parsed_json(text.encode(encoding)) == value


@given(st.lists(PIECES, max_size=12))
def test_what_is_nearly_json_is_refused_where_python_refuses_it(pieces: list[str]) -> None:
    body = "".join(pieces).encode(errors="surrogatepass")
    assert ours(body) == of_pythons(body)


@pytest.mark.parametrize("value", ["1", '""', "null", "[]", "{}", '{"a":1}'])
def test_of_millions_of_values_no_more_are_read_than_anybody_needs(
    value: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    counting = Counting()
    monkeypatch.setattr(json_reader, "_SCALAR", counting)
    body = f"[{','.join([value] * 1_000_000)}]".encode()
    with pytest.raises(InvalidRequest, match=f"more than {MOST_VALUES} values"):
        parsed_json(body)
    assert counting.values <= 2 * MOST_VALUES


def test_as_many_values_as_may_be_are_read() -> None:
    whole = [1] * (MOST_VALUES - 1)
    assert parsed_json(json.dumps(whole).encode()) == whole


@pytest.mark.parametrize(("opens", "closes"), [("[", "]"), ('{"a":', "}")])
def test_what_is_too_deep_is_refused(opens: str, closes: str) -> None:
    deepest = opens * DEEPEST + "1" + closes * DEEPEST
    assert parsed_json(deepest.encode())
    with pytest.raises(InvalidRequest, match="at most 64 levels"):
        parsed_json(f"[{deepest}]".encode())
    with pytest.raises(InvalidRequest, match="at most 64 levels"):
        parsed_json((opens * 1_000_000).encode())


def test_a_long_text_that_is_full_of_brackets_is_read() -> None:
    text = "[12.345,6.789]," * 350_000
    assert parsed_json(json.dumps({"text": text}).encode()) == {"text": text}


@pytest.mark.parametrize("inside", [False, True])
def test_a_name_that_comes_twice_is_refused(inside: bool) -> None:
    body = '{"a": 1, "b": {}, "a": 1}'
    with pytest.raises(InvalidRequest, match="a: given twice"):
        parsed_json((f"[{body}]" if inside else body).encode())


async def test_of_a_body_without_end_no_more_is_read_than_it_may_have() -> None:
    taken = 0

    async def receive() -> Message:
        nonlocal taken
        taken += 1
        return {"type": "http.request", "body": b"[" * 64 * 1024, "more_body": True}

    with pytest.raises(TooLarge):
        await read_json(Request({"type": "http", "headers": []}, receive))
    assert taken * 64 * 1024 <= MAX_JSON + 64 * 1024


def wrong(model: Any, body: dict[str, Any]) -> int:
    """In how many places."""
    with pytest.raises(ValueError) as caught:
        model(body)
    return len(getattr(caught.value, "errors", list)())


def test_of_a_list_that_is_too_long_the_beginning_is_looked_at() -> None:
    """Each value that is wrong is an error of its own, and half a million of them take a second."""
    many = 500_000
    assert wrong(AssetPatch.model_validate, {"labels": [1] * many}) < 100
    assert wrong(AssetPatch.model_validate, {"labels": ",".join(["\x01"] * 50_000)}) < 100
    assert wrong(AssetPatch.model_validate, {"labels": json.dumps([1] * 30_000)}) < 100
    record = {"id": "a", "text": "b", "vector": ["x"] * many}
    assert wrong(record_of, record) < 2 * MAX_VECTOR


@pytest.mark.parametrize("text", ["aa," * 5_000_000, "[" + "1," * 5_000_000 + "1]"])
def test_labels_in_a_text_without_end_are_not_even_parted(
    text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of 16 MiB of them there are half a gigabyte, for seconds in which nobody is answered."""
    monkeypatch.setattr(schemas, "_parted", lambda _: pytest.fail("it is parted"))
    with pytest.raises(ValueError, match="labels"):
        AssetPatch.model_validate({"labels": text})


def test_as_many_labels_as_may_be_fit_in_a_text() -> None:
    whole = ["\U0001f600" * MOST_LETTERS] * MOST_LABELS
    for text in (json.dumps(whole), ", ".join(whole)):
        assert AssetPatch.model_validate({"labels": text}).labels == tuple(whole)
