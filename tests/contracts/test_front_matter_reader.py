"""Every reader of front matter gives what JSON can hold, or says why it cannot."""

import json
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.adapters.front_matter import PlainFrontMatter
from app.domain.errors import MediaUnreadable
from app.domain.writing.front_matter import front_matter_of


async def read(content: str, fence: str = "---") -> dict[str, Any]:
    front = front_matter_of(f"{fence}\n{content}\n{fence}\n")
    assert front is not None
    return dict(await PlainFrontMatter().read(front))


async def test_it_is_read_into_types_that_json_has() -> None:
    found = await read(
        "title: 'A: b'\nn: 3\nx: 1.5\nyes: true\nno: null\nday: 2024-02-01\n"
        "at: 2024-02-01T10:00:00Z\ntags: [a, 2, {b: c}]\n5: five\ninf: .inf\n"
        "big: 99999999999999999999"
    )
    assert found == {
        "title": "A: b",
        "n": 3,
        "x": 1.5,
        "True": True,
        "False": None,
        "day": "2024-02-01",
        "at": "2024-02-01T10:00:00+00:00",
        "tags": ["a", 2, {"b": "c"}],
        "5": "five",
        "inf": "inf",
        "big": "99999999999999999999",
    }
    json.dumps(found, allow_nan=False)


async def test_toml_is_read_too() -> None:
    found = await read('title = "T"\nday = 2024-02-01\n[a]\nb = [1, 2]', "+++")
    assert found == {"title": "T", "day": "2024-02-01", "a": {"b": [1, 2]}}


@pytest.mark.parametrize(
    "content",
    [
        "a: [1",
        "a: 'x",
        "a: 2024-13-45",
        "a: !!python/object/apply:os.system ['true']",
        "a: &x [1]\nb: [*x, *x]",
        "a: !!binary AAAA",
        "a: " + "[" * 50 + "]" * 50,
        "a: " + "[" * 9000,
        "a: [" + "1," * 1001 + "]",
        "? [a]\n: 1\na: 2",
        "a: \x07",
    ],
)
async def test_what_cannot_be_read_or_tells_too_much_is_refused(content: str) -> None:
    with pytest.raises(MediaUnreadable, match=r"^front matter: "):
        front = front_matter_of(f"---\nx: 1\n{content}\n---\n")
        assert front is not None
        await PlainFrontMatter().read(front)


@given(st.text("ab:-[]{}&*!|>'\"\n #,?%@`0\t.\\", max_size=60))
async def test_nothing_in_it_breaks_the_reader(content: str) -> None:
    front = front_matter_of(f"---\na: 1\n{content}\n---\n")
    if front is None:
        return
    with suppress(MediaUnreadable):
        json.dumps(dict(await PlainFrontMatter().read(front)), allow_nan=False)
