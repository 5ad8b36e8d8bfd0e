"""How long a track of sound is, out of boxes that anybody may have written."""

import os
import random
import struct
from pathlib import Path

import pytest

from app.adapters.ffmpeg.tracks import MOST_BOXES, sound_seconds

UNTOLD = 0xFFFFFFFF


def box(name: bytes, *content: bytes) -> bytes:
    inside = b"".join(content)
    return struct.pack(">I4s", 8 + len(inside), name) + inside


def large(name: bytes, content: bytes) -> bytes:
    return struct.pack(">I4sQ", 1, name, 16 + len(content)) + content


def track(kind: bytes, duration: int, *, long: bool = False) -> bytes:
    head = struct.pack(">B27xQ" if long else ">B19xI", long, duration)
    return box(b"trak", box(b"tkhd", head), box(b"mdia", box(b"hdlr", bytes(8), kind, bytes(8))))


def movie(*tracks: bytes, scale: int = 1000) -> bytes:
    return box(b"moov", box(b"mvhd", struct.pack(">B11xI", 0, scale)), *tracks)


def told(path: Path, content: bytes) -> float | None:
    path.write_bytes(content)
    descriptor = os.open(path, os.O_RDONLY)
    try:
        found = sound_seconds(descriptor)
        assert os.lseek(descriptor, 0, os.SEEK_CUR) == 0
        return found
    finally:
        os.close(descriptor)


@pytest.mark.parametrize("long", [False, True], ids=["short", "long"])
def test_the_first_track_of_sound_counts(tmp_path: Path, long: bool) -> None:
    tracks = [track(b"vide", 10_000), track(b"soun", 2500, long=long), track(b"soun", 9000)]
    film = box(b"ftyp", b"isom") + large(b"mdat", bytes(100)) + movie(*tracks)
    assert told(tmp_path / "film", film) == 2.5


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"RIFF....WAVE",
        movie(),
        movie(track(b"vide", 10_000)),
        movie(track(b"soun", 0)),
        movie(track(b"soun", UNTOLD)),
        movie(track(b"soun", 2500), scale=0),
        movie(track(b"soun", 2500))[:40],
        struct.pack(">I4sQ", 1, b"mdat", 2**64 - 1),
        struct.pack(">I4s", 4, b"moov") * 100,
        box(b"free") * (MOST_BOXES + 1) + movie(track(b"soun", 2500)),
    ],
    ids=range(11),
)
def test_where_nothing_is_told_that_makes_sense_there_is_nothing(
    tmp_path: Path, content: bytes
) -> None:
    assert told(tmp_path / "film", content) is None


def test_no_change_of_bytes_makes_it_fail(tmp_path: Path) -> None:
    chance = random.Random(8)
    whole = movie(track(b"vide", 10_000), track(b"soun", 2500, long=True))
    for _ in range(500):
        changed = bytearray(whole)
        for _ in range(chance.randint(1, 8)):
            changed[chance.randrange(len(changed))] = chance.randrange(256)
        found = told(tmp_path / "film", bytes(changed[: chance.randint(1, len(changed))]))
        assert found is None or found > 0
