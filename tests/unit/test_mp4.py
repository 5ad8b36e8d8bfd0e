"""MP4s, and what only looks like them, by their first bytes."""

import pytest

from app.domain.mp4 import OTHERS, is_mp4

#: What ffmpeg, cameras and phones write.
BRANDS = (b"isom", b"iso5", b"mp41", b"mp42", b"avc1", b"dash", b"M4V ", b"MSNV", b"3gp4")


def head(brand: bytes) -> bytes:
    return b"\0\0\0\x20ftyp" + brand + b"\0\0\2\0isomiso2"


@pytest.mark.parametrize("brand", BRANDS)
def test_an_mp4_is_known_by_its_file_type_box(brand: bytes) -> None:
    assert is_mp4(head(brand))


@pytest.mark.parametrize("brand", sorted(OTHERS))
def test_what_shares_the_box_with_it_is_none(brand: bytes) -> None:
    assert not is_mp4(head(brand))


@pytest.mark.parametrize("content", [b"", head(b"isom")[:11], b"RIFF\0\0\0\0WAVEfmt ", b"moov" * 9])
def test_anything_else_is_none(content: bytes) -> None:
    assert not is_mp4(content)
