"""Which bytes a header `Range` means."""

import pytest
from starlette.datastructures import Headers

from app.domain.errors import RangeUnsatisfiable
from app.web.ranges import DIGITS, Stretch, wanted

MARKS = ('"etag"', "Sun, 01 Mar 2026 12:00:00 GMT")


def asked(value: str, size: int = 500, mark: str | None = None) -> Stretch | None:
    """`mark`: of the file that the client has."""
    known = {} if mark is None else {"if-range": mark}
    return wanted(Headers({"range": value, **known}), size, MARKS)


@pytest.mark.parametrize(
    ("value", "first", "end"),
    [
        ("bytes=0-0", 0, 1),
        ("bytes=0-", 0, 500),
        ("bytes=0-499", 0, 500),
        ("bytes=100-9999", 100, 500),
        ("bytes=499-", 499, 500),
        ("bytes=-1", 499, 500),
        ("bytes=-500", 0, 500),
        ("bytes=-9999", 0, 500),
        ("BYTES = 10-19 ", 10, 20),
        ("bytes=00010-00019", 10, 20),
        (f"bytes=0-{'9' * DIGITS}", 0, 500),
    ],
)
def test_one_stretch_is_told_from_the_beginning_or_from_the_end(
    value: str, first: int, end: int
) -> None:
    assert asked(value) == Stretch(first=first, end=end)


@pytest.mark.parametrize(
    "value",
    [
        "",
        "bytes",
        "bytes=",
        "bytes=-",
        "bytes=5-4",
        "bytes=900-100",
        "bytes=a-b",
        "bytes=-1-",
        "bytes=0x0-0x1",
        "bytes=1.5-2",
        "bytes=\u00b2-",
        "lines=0-1",
        f"bytes={'9' * 5000}-",
    ],
)
def test_what_is_no_range_of_bytes_is_passed_over(value: str) -> None:
    assert asked(value) is None


@pytest.mark.parametrize("value", ["bytes=0-0,1-1", "bytes=0-,0-", "bytes=" + "0-0," * 10_000])
def test_of_several_stretches_all_is_sent_once(value: str) -> None:
    assert asked(value) is None


@pytest.mark.parametrize("value", ["bytes=500-", "bytes=500-600", "bytes=-0", "bytes=9999-99999"])
def test_what_lies_behind_the_end_is_refused_with_the_size(value: str) -> None:
    with pytest.raises(RangeUnsatisfiable) as caught:
        asked(value)
    assert caught.value.size == 500


@pytest.mark.parametrize("value", ["bytes=0-", "bytes=-1"])
def test_of_no_bytes_there_is_no_stretch(value: str) -> None:
    with pytest.raises(RangeUnsatisfiable):
        asked(value, 0)


@pytest.mark.parametrize("mark", MARKS)
def test_a_stretch_of_the_same_file_is_sent(mark: str) -> None:
    assert asked("bytes=1-2", mark=mark) == Stretch(first=1, end=3)


@pytest.mark.parametrize("mark", ['"other"', 'W/"etag"', "Sun, 01 Mar 2026 12:00:01 GMT", ""])
@pytest.mark.parametrize("value", ["bytes=1-2", "bytes=9999-"])
def test_of_another_file_all_is_sent(value: str, mark: str) -> None:
    assert asked(value, mark=mark) is None
