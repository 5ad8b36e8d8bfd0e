"""Bytes to text, whatever they were written with."""

import codecs

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.errors import MediaUnreadable
from app.domain.writing.encoding import decoded

TEXT = "Grüße aus Köln,\nmit 5 € und “Zeichen”.\n"


@pytest.mark.parametrize(
    "content",
    [
        TEXT.encode(),
        TEXT.encode("utf-8-sig"),
        codecs.BOM_UTF16_LE + TEXT.encode("utf-16-le"),
        codecs.BOM_UTF16_BE + TEXT.encode("utf-16-be"),
        codecs.BOM_UTF32_LE + TEXT.encode("utf-32-le"),
        codecs.BOM_UTF32_BE + TEXT.encode("utf-32-be"),
        TEXT.encode("utf-16-le"),
        TEXT.encode("utf-16-be"),
        TEXT.encode("cp1252"),
        TEXT.replace("\n", "\r\n").encode(),
        TEXT.replace("\n", "\r").encode("cp1252"),
    ],
)
def test_text_is_read_in_every_common_encoding(content: bytes) -> None:
    assert decoded(content, "a.txt").text == TEXT


def test_what_windows_has_no_letter_for_is_latin_1() -> None:
    assert decoded(b"caf\xe9 \x81", "a.txt").text == "café \x81"


def test_letters_of_other_scripts_are_read_with_a_mark() -> None:
    assert decoded("谁说的 नमस्ते".encode("utf-16"), "a").text == "谁说的 नमस्ते"


@pytest.mark.parametrize(
    "content",
    [
        b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x01\x00",
        b"a word and \x00 then another",
        bytes(range(256)) * 8,
        codecs.BOM_UTF16_LE + b"\x00\xd8x",
        codecs.BOM_UTF8 + b"\xff\xfe\xfd",
    ],
)
def test_what_is_no_text_is_refused_by_name(content: bytes) -> None:
    with pytest.raises(MediaUnreadable, match=r"^a\.txt is not text$"):
        decoded(content, "a.txt")


@given(st.binary(max_size=400))
def test_any_bytes_are_text_or_refused(content: bytes) -> None:
    try:
        text = decoded(content, "a").text
    except MediaUnreadable:
        return
    assert "\x00" not in text and "\r" not in text
    text.encode()  # no lone surrogates


@given(st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=200))
def test_utf_8_is_never_taken_for_something_else(text: str) -> None:
    assert decoded(text.encode(), "a").text == text.removeprefix("\ufeff")


def test_only_what_neither_a_mark_nor_utf_tells_is_guessed() -> None:
    for content in ("Füße".encode(), "Füße".encode("utf-16"), "Füße, wide".encode("utf-16-le")):
        assert not decoded(content, "a").is_guessed
    for encoding in ("cp1252", "cp1251", "shift_jis"):
        content = ("Füße" if encoding == "cp1252" else "Мир").encode(encoding)
        assert decoded(content, "a").is_guessed
