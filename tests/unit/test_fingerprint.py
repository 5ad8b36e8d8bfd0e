"""The SHA-256 of a file, read where nobody waits for it."""

import asyncio
import errno
import hashlib
import io
import threading
from pathlib import Path
from typing import BinaryIO

import pytest

from app.domain.errors import Forbidden
from app.pipeline import fingerprint
from app.pipeline.fingerprint import digest_of, sha256_of
from app.services.hashing import file_sha256
from tests.unit.workbench import until

PATIENT = 30.0  # seconds
WORDS = b"what is in it"


class Hanging(io.RawIOBase):
    """Lies on a disk that does not answer, until it is told to."""

    def __init__(self) -> None:
        super().__init__()
        self.asked, self.answers = threading.Event(), threading.Event()

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: object) -> int:
        self.asked.set()
        assert self.answers.wait(PATIENT)
        return 0


class Broken(Hanging):
    def readinto(self, buffer: object) -> int:
        raise OSError(errno.EIO, "Input/output error")


class Folder:
    def __init__(self, file: BinaryIO) -> None:
        self.file = file

    def open(self, real: Path) -> BinaryIO:
        return self.file


@pytest.mark.parametrize("piece", [1, 5, len(WORDS), 1 << 20])
async def test_it_is_that_of_all_its_bytes_and_the_file_is_closed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, piece: int
) -> None:
    monkeypatch.setattr(fingerprint, "PIECE", piece)
    (tmp_path / "a").write_bytes(WORDS)
    expected = hashlib.sha256(WORDS).hexdigest()
    with (tmp_path / "a").open("rb") as file:
        assert await digest_of(file) == expected
        assert file.closed
    assert await sha256_of(tmp_path / "a") == expected
    assert await sha256_of(tmp_path / "nothing") is None


async def test_a_disk_that_hangs_holds_up_nobody_but_its_reader() -> None:
    """A job that is cancelled closes its files: that waited for the reader, and all for that."""
    disk = Hanging()
    file = io.BufferedReader(disk)
    reading = asyncio.create_task(file_sha256(Folder(file), Path("a")))
    await until(disk.asked.is_set)
    reading.cancel()
    try:
        await asyncio.gather(reading, return_exceptions=True)
        assert reading.cancelled() and not disk.answers.is_set() and not file.closed
    finally:
        disk.answers.set()
    await until(lambda: file.closed)


async def test_a_disk_that_fails_closes_the_file_and_says_so() -> None:
    file = io.BufferedReader(Broken())
    with pytest.raises(Forbidden, match="Input/output error"):
        await file_sha256(Folder(file), Path("a"))
    await until(lambda: file.closed)
