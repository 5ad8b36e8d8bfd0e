"""Forms and query strings: texts by name."""

import pytest

from app.domain.errors import InvalidRequest
from app.web import body


def test_labels_may_come_one_by_one_and_all_else_once() -> None:
    pairs = body.form_fields("labels=a&title=Tide&labels=b,c&labels=")
    assert body.unique(pairs) == {"labels": "a,b,c,", "title": "Tide"}
    with pytest.raises(InvalidRequest, match="title: given twice"):
        body.unique([*pairs, ("title", "Ebb")])


def test_of_labels_by_the_thousand_none_is_copied_again_for_the_next() -> None:
    pairs = [("labels", f"label {number}") for number in range(20_000)]
    kept = body.gathered(pairs)["labels"]
    copies = [value for value, (_, given) in zip(kept, pairs, strict=True) if value is not given]
    assert copies == []
    assert body.unique(pairs) == {"labels": ",".join(value for _, value in pairs)}


def test_a_form_of_too_many_fields_is_refused_before_it_is_read(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    whole = "labels=&" * (body.MAX_FIELDS - 1) + "labels="
    assert len(body.form_fields(whole)) == body.MAX_FIELDS
    monkeypatch.setattr(body, "parse_qsl", lambda *_, **__: pytest.fail("it is read"))
    with pytest.raises(InvalidRequest, match="more than 1000 fields"):
        body.form_fields(f"{whole}&")
