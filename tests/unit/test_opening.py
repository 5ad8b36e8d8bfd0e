"""A stranger's file is opened as what it is, or not at all."""

import os
import socket
from collections.abc import Callable
from pathlib import Path

import pytest

from app.domain.errors import MediaEmpty, MediaUnreadable, StorageError
from app.domain.opening import opened


def test_a_file_is_read_from_its_first_byte_and_closed_behind(tmp_path: Path) -> None:
    (tmp_path / "medium").write_bytes(b"sound")
    with opened(tmp_path / "medium") as descriptor:
        assert os.read(descriptor, 9) == b"sound"
    with pytest.raises(OSError, match="Bad file descriptor"):
        os.fstat(descriptor)


def _link(path: Path) -> None:
    path.symlink_to("/etc/hostname")


def _bound(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(os.path.relpath(path))


@pytest.mark.parametrize("made", [os.mkfifo, os.mkdir, _link, _bound])
def test_what_is_no_file_is_not_opened_and_nobody_waits_for_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, made: Callable[[Path], None]
) -> None:
    monkeypatch.chdir(tmp_path)
    made(tmp_path / "medium")
    with pytest.raises(MediaUnreadable, match="not a regular file"), opened(tmp_path / "medium"):
        pass


def test_what_is_empty_or_gone_is_told_as_such(tmp_path: Path) -> None:
    (tmp_path / "empty").touch()
    with pytest.raises(MediaEmpty), opened(tmp_path / "empty"):
        pass
    with pytest.raises(StorageError, match="No such file"), opened(tmp_path / "gone"):
        pass
