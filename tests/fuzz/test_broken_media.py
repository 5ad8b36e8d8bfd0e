"""Media are broken in the same way each time, and in many ways."""

from pathlib import Path
from random import Random

import pytest

from scripts.fuzz_bait import baited
from scripts.fuzz_boxes import BY_SUFFIX
from scripts.fuzz_bytes import CHANGES, changed
from scripts.fuzz_containers import Box, Reader, atoms, chunks, elements, pages
from scripts.fuzz_media import CONTAINERS
from scripts.fuzz_ogg import sealed
from tests.media import OWN, run_ffmpeg

READERS: dict[str, Reader] = {
    **dict.fromkeys((".mp4", ".mov"), atoms),
    **dict.fromkeys((".mkv", ".webm"), elements),
    **dict.fromkeys((".wav", ".avi"), chunks),
    ".ogg": pages,
}
#: What must be found however deep it lies.
DEEP = {
    ".mp4": b"stsd",
    ".mov": b"dref",
    ".mkv": bytes.fromhex("b5"),  # the sampling frequency
    ".webm": bytes.fromhex("a3"),  # a block
    ".wav": b"data",
    ".avi": b"strh",
    ".ogg": b"OggS",
}


@pytest.fixture(scope="module")
def originals(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    folder = tmp_path_factory.mktemp("originals")
    for suffix, told in CONTAINERS.items():
        run_ffmpeg(["-i", OWN / "jfk.flac", *told, "-t", "1", folder / f"x{suffix}"])
    return {suffix: (folder / f"x{suffix}").read_bytes() for suffix in CONTAINERS}


def test_there_are_twelve_containers(originals: dict[str, bytes]) -> None:
    assert len(set(originals.values())) == 12


@pytest.mark.parametrize("suffix", READERS)
def test_boxes_are_found_however_deep(originals: dict[str, bytes], suffix: str) -> None:
    whole = originals[suffix]
    boxes = list(READERS[suffix](whole))
    assert DEEP[suffix] in {_name(whole, box) for box in boxes}
    assert all(0 <= box.start < box.content <= box.end <= len(whole) for box in boxes)


def _name(whole: bytes, box: Box) -> bytes:
    start, end = box.name
    return whole[start:end]


def test_pages_of_ogg_are_sealed_as_its_writers_seal_them(originals: dict[str, bytes]) -> None:
    whole = originals[".ogg"]
    assert sealed(whole) == whole
    broken = whole[:22] + b"\0\0\0\0" + whole[26:]
    assert broken != whole == sealed(broken)


@pytest.mark.parametrize("suffix", BY_SUFFIX)
def test_the_same_chance_changes_the_same_boxes(originals: dict[str, bytes], suffix: str) -> None:
    whole, change = originals[suffix], BY_SUFFIX[suffix]
    found = [change(Random(seed), whole) for seed in range(40)]
    assert found == [change(Random(seed), whole) for seed in range(40)]
    assert len(set(found)) > 20


@pytest.mark.parametrize("suffix", CONTAINERS)
def test_whatever_is_left_can_be_changed_again(originals: dict[str, bytes], suffix: str) -> None:
    changes = (*CHANGES, *([BY_SUFFIX[suffix]] if suffix in BY_SUFFIX else []))
    for seed in range(60):
        content = originals[suffix]
        for _ in range(4):
            content = changed(Random(seed), content, changes)


def test_a_bait_names_the_file_or_the_address(originals: dict[str, bytes]) -> None:
    file, url = Path("/no/such/secret.wav"), "http://127.0.0.1:9/secret.wav"
    for seed in range(50):
        content = baited(Random(seed), originals[".mp4"], file, url)
        assert str(file).encode() in content or url.encode() in content
