"""What a process says that has met a stranger's bytes."""

import asyncio

import pytest

from app.domain.last_words import MAX_WORDS, last_words, printable, told


async def test_of_all_that_it_says_the_end_is_kept() -> None:
    stream = asyncio.StreamReader()
    stream.feed_data(b"x" * 10_000 + b"the end")
    stream.feed_eof()
    assert await last_words(stream, 7) == b"the end"


@pytest.mark.parametrize(
    "line", [b"", b"words", b"[1]", b"[" * 100_000, b"\xff", b'{"a": 1} {'], ids=range(6)
)
def test_what_is_no_line_of_ours_tells_nothing(line: bytes) -> None:
    assert told(line) == {}


def test_a_line_of_ours_is_told() -> None:
    assert told(b'{"failed": "media.unreadable"}\n') == {"failed": "media.unreadable"}


def test_words_are_printable_and_few() -> None:
    assert printable("bro\x1b[31mken\n") == "bro [31mken "
    assert len(printable("x" * 1000)) == MAX_WORDS
