"""What files are, by their bytes: read once while they stay as they are."""

import hashlib
import os
from pathlib import Path

import pytest

from app.cli.digests import Digests


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


@pytest.fixture
def file(tmp_path: Path) -> Path:
    found = tmp_path / "a.wav"
    found.write_bytes(b"first")
    return found


def replaced(file: Path, content: bytes, *, later: int) -> None:
    """`later` in nanoseconds: so much newer it is than what it replaces."""
    modified = file.stat().st_mtime_ns
    file.write_bytes(content)
    os.utime(file, ns=(modified, modified + later))


def test_a_file_of_the_same_size_and_time_is_not_read_again(file: Path) -> None:
    digests = Digests()
    assert digests.of(str(file)) == sha256(b"first")
    replaced(file, b"other", later=0)
    assert digests.of(str(file)) == sha256(b"first"), "nobody can tell but who reads it"


@pytest.mark.parametrize(("content", "later"), [(b"other", 1), (b"longer", 0)])
def test_a_file_that_changed_is_read_again(file: Path, content: bytes, later: int) -> None:
    digests = Digests()
    digests.of(str(file))
    replaced(file, content, later=later)
    assert digests.of(str(file)) == sha256(content)
    assert len(digests) == 1


def test_what_is_forgotten_is_read_again(file: Path) -> None:
    digests = Digests()
    digests.of(str(file))
    replaced(file, b"other", later=0)
    digests.forget(str(file))
    digests.forget("unheard of")
    assert digests.of(str(file)) == sha256(b"other")


def test_of_files_that_are_gone_nothing_is_kept(file: Path) -> None:
    digests = Digests()
    for number in range(3):
        (file.parent / f"{number}.wav").write_bytes(b"x")
        digests.of(str(file.parent / f"{number}.wav"))
    digests.of(str(file))
    digests.keep({str(file), "unheard of"})
    assert len(digests) == 1
    replaced(file, b"other", later=0)
    assert digests.of(str(file)) == sha256(b"first"), "this one is"


def test_a_file_that_is_not_there_is_an_os_error(tmp_path: Path) -> None:
    digests = Digests()
    with pytest.raises(FileNotFoundError):
        digests.of(str(tmp_path / "none.wav"))
    assert len(digests) == 0
