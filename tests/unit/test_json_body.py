"""JSON that a request brings."""

import json

import pytest

from app.domain.errors import InvalidRequest
from app.web.body import MOST_BRACKETS, parsed_json


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
