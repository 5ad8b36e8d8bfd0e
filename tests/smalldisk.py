"""A real disk that is small, can be filled up to the last byte, can grow while it is in use, and be
made read-only."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

KiB = 1024
MiB = 1024 * KiB
FILLING = "filling"


@dataclass(frozen=True, kw_only=True)
class SmallDisk:
    #: Where it is mounted.
    path: Path

    def free(self) -> int:
        """Bytes."""
        disk = os.statvfs(self.path)
        return disk.f_bavail * disk.f_frsize

    def fill(self, leave: int = 0) -> None:
        """Somebody else's file takes all but `leave` bytes; the one before goes."""
        self.empty()
        if (size := self.free() - leave) > 0:
            with (self.path / FILLING).open("xb") as file:
                os.posix_fallocate(file.fileno(), 0, size)

    def empty(self) -> None:
        """Somebody else's file goes."""
        (self.path / FILLING).unlink(missing_ok=True)

    def grow(self, size: int) -> None:
        """To `size` bytes in all, under the feet of whoever writes to it."""
        _run("mount", "-o", f"remount,size={size}", str(self.path))

    def becomes_read_only(self) -> bool:
        """False, and nothing is done, while somebody writes to a file on it."""
        try:
            _run("mount", "-o", "remount,ro", str(self.path))
        except OSError:
            return False
        return True

    def becomes_writable(self) -> None:
        _run("mount", "-o", "remount,rw", str(self.path))


@contextmanager
def mounted(path: Path, size: int, *, files: int | None = None) -> Iterator[SmallDisk]:
    """A tmpfs of `size` bytes at `path`, of at most so many `files`.

    Raises OSError where nothing may be mounted.
    """
    path.mkdir(parents=True, exist_ok=True)
    options = f"size={size}" + (f",nr_inodes={files}" if files else "")
    _run("mount", "-t", "tmpfs", "-o", options, "tmpfs", str(path))
    try:
        yield SmallDisk(path=path)
    finally:
        _run("umount", "--lazy", str(path))


@contextmanager
def mounted_or_skipped(path: Path, size: int, *, files: int | None = None) -> Iterator[SmallDisk]:
    """For tests: they are skipped where nothing may be mounted."""
    mounting = mounted(path, size, files=files)
    try:
        disk = mounting.__enter__()
    except OSError as error:
        pytest.skip(f"no disk can be mounted here: {error}")
    try:
        yield disk
    finally:
        mounting.__exit__(None, None, None)


def _run(*command: str) -> None:
    if shutil.which(command[0]) is None:
        raise FileNotFoundError(command[0])
    done = subprocess.run(command, capture_output=True, text=True, timeout=30)
    if done.returncode:
        raise OSError(f"{' '.join(command)}: {done.stderr.strip()}")
