"""The body of a bulk-add, read record by record."""

import json
from array import array
from typing import Any

import pytest

from app.domain.errors import InvalidRequest
from app.web import bulk_body
from app.web.bulk_body import MAX_RECORD, records_in

RECORDS = [
    {"id": "a", "text": "naïve 日本 🎬"},
    {"id": "b", "text": "plain"},
    {"id": "ü", "deleted": True},
]


def as_list(*records: object) -> bytes:
    return json.dumps({"records": records}, ensure_ascii=False).encode()


def as_lines(*records: object) -> bytes:
    return b"\n".join(json.dumps(each, ensure_ascii=False).encode() for each in records)


@pytest.mark.parametrize("lines", [False, True], ids=["list", "lines"])
def test_words_of_any_script_come_as_they_are(lines: bool) -> None:
    body = as_lines(*RECORDS) if lines else as_list(*RECORDS)
    records, removed = records_in(body, lines=lines)
    assert [each.moment.text for each in records] == ["naïve 日本 🎬", "plain"]
    assert removed == ["ü#"]


@pytest.mark.parametrize("lines", [False, True], ids=["list", "lines"])
def test_bytes_that_are_no_text_are_refused(lines: bool) -> None:
    body = as_lines({"id": "a", "text": "é"}) if lines else as_list({"id": "a", "text": "é"})
    with pytest.raises(InvalidRequest, match="is not JSON"):
        records_in(body.replace("é".encode(), b"\xe9"), lines=lines)


def test_empty_lines_are_passed_over_and_counted() -> None:
    body = b"\r\n\n" + as_lines({"id": "a"}) + b"\n \t\n" + b"\n" * 100_000 + b"{nonsense}\n"
    with pytest.raises(InvalidRequest, match="line 100005 is not JSON"):
        records_in(body, lines=True)
    [record], _ = records_in(body.removesuffix(b"{nonsense}\n"), lines=True)
    assert record.moment.moment_id == "a#"


def test_vectors_are_kept_as_32_bits_each() -> None:
    given = {"id": "a", "vector": [1, 0.1], "visual": [0.5]}
    [record], _ = records_in(bytearray(as_list(given)), lines=False)
    assert record.vector == array("f", [1, 0.1]) and record.moment.visual == array("f", [0.5])


@pytest.mark.parametrize("lines", [False, True], ids=["list", "lines"])
def test_the_largest_record_that_may_be_comes_as_it_is(lines: bool) -> None:
    numbers = [-1.2345678901234567e-15] * 4096
    given = {"id": "a", "text": "\U0001f3ac" * 10_000, "vector": numbers, "visual": numbers}
    told = json.dumps(given).encode()
    assert 64 * 1024 < len(told) < MAX_RECORD / 2
    body = told if lines else b'{"records": [' + told + b', {"id": "b"}]}'
    record = records_in(body, lines=lines)[0][0]
    assert record.moment.text == given["text"]
    assert record.moment.visual is not None and len(record.moment.visual) == 4096


def test_no_record_is_so_long_that_nobody_else_has_his_turn_while_it_is_read(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    read: list[int] = []

    class Watching(json.JSONDecoder):
        def raw_decode(self, s: str, idx: int = 0) -> tuple[Any, int]:
            read.append(len(s))
            return super().raw_decode(s, idx)

    monkeypatch.setattr(bulk_body, "_DECODER", Watching())
    long = b'{"id": "a", "text": [' + b"[]," * MAX_RECORD + b"[]]}"
    with pytest.raises(InvalidRequest, match="record 1 has more than 1048576 bytes"):
        records_in(b'{"records": [{"id": "b"}, ' + long + b"]}", lines=False)
    assert max(read) == MAX_RECORD
    with pytest.raises(InvalidRequest, match="line 2 has more than 1048576 bytes"):
        records_in(b'{"id": "b"}\n' + long, lines=True)
