"""The file that holds space for the moment when there is none."""

import errno
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from loguru import logger

from app.adapters.local_storage import BallastFile
from app.ports import Ballast
from tests.smalldisk import MiB, SmallDisk, mounted_or_skipped

SIZE = 2 * MiB


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "data"


@pytest.fixture
def ballast(folder: Path) -> BallastFile:
    return BallastFile(folder, SIZE)


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[SmallDisk]:
    with mounted_or_skipped(tmp_path / "disk", 8 * MiB) as disk:
        yield disk


@pytest.fixture
def lines() -> Iterator[list[str]]:
    told: list[str] = []
    sink = logger.add(lambda message: told.append(message.record["message"]), level="INFO")
    yield told
    logger.remove(sink)


def allocated(path: Path) -> int:
    return path.stat().st_blocks * 512


def names(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir()]


def make_hole(path: Path) -> None:
    path.parent.mkdir()
    with path.open("wb") as hole:
        hole.truncate(SIZE)


def a_file(path: Path) -> Path:
    path.touch()
    return path


def failing(number: int) -> Callable[..., None]:
    def fail(*_: object) -> None:
        raise OSError(number, os.strerror(number))

    return fail


async def test_it_takes_real_space_and_gives_it_back(ballast: BallastFile, folder: Path) -> None:
    port: Ballast = ballast
    assert not port.laid
    assert await port.lay()
    assert port.laid
    assert allocated(folder / ".ballast") >= SIZE
    await port.drop()
    assert not port.laid
    assert names(folder) == []


async def test_laying_and_dropping_twice_is_as_once(ballast: BallastFile, folder: Path) -> None:
    await ballast.drop()
    assert await ballast.lay()
    before = (folder / ".ballast").stat().st_ino
    assert await ballast.lay()
    assert (folder / ".ballast").stat().st_ino == before
    await ballast.drop()
    await ballast.drop()


async def test_a_hole_is_no_ballast(ballast: BallastFile, folder: Path) -> None:
    make_hole(folder / ".ballast")
    assert await ballast.lay()
    assert allocated(folder / ".ballast") >= SIZE


@pytest.mark.parametrize("old", [SIZE // 2, SIZE * 2])
async def test_another_size_in_the_settings_is_laid_anew(
    ballast: BallastFile, folder: Path, old: int
) -> None:
    await BallastFile(folder, old).lay()
    assert not ballast.laid
    assert await ballast.lay()
    assert (folder / ".ballast").stat().st_size == SIZE


async def test_none_at_all_is_always_laid_and_removes_the_old_one(
    ballast: BallastFile, folder: Path
) -> None:
    await ballast.lay()
    none = BallastFile(folder, 0)
    assert none.laid
    assert await none.lay()
    assert names(folder) == []
    await none.drop()
    assert none.laid


@pytest.mark.parametrize("number", [errno.EOPNOTSUPP, errno.EINVAL])
async def test_where_space_cannot_be_reserved_it_is_written(
    ballast: BallastFile, folder: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    monkeypatch.setattr(os, "posix_fallocate", failing(number))
    assert await ballast.lay()
    assert (folder / ".ballast").stat().st_size == SIZE
    assert allocated(folder / ".ballast") >= SIZE


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT])
@pytest.mark.parametrize("call", ["posix_fallocate", "fsync"])
async def test_a_full_disk_has_no_ballast_and_says_so_once(
    ballast: BallastFile,
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    lines: list[str],
    call: str,
    number: int,
) -> None:
    with monkeypatch.context() as full:
        full.setattr(os, call, failing(number))
        assert not await ballast.lay()
        assert not await ballast.lay()
    assert names(folder) == []
    assert len([line for line in lines if "no room for the ballast" in line]) == 1
    assert await ballast.lay()


async def test_a_folder_that_cannot_be_written_is_no_error(
    tmp_path: Path, lines: list[str]
) -> None:
    ballast = BallastFile(a_file(tmp_path / "where the folder should be"), SIZE)
    assert not await ballast.lay()
    assert not ballast.laid
    await ballast.drop()
    assert len(lines) == 1


async def test_on_a_real_full_disk_nothing_is_taken_and_dropping_makes_space(
    disk: SmallDisk, lines: list[str]
) -> None:
    ballast = BallastFile(disk.path, SIZE)
    disk.fill(leave=SIZE // 2)
    assert not await ballast.lay()
    assert disk.free() == SIZE // 2
    disk.fill(leave=SIZE)
    assert await ballast.lay()
    assert disk.free() == 0
    await ballast.drop()
    assert disk.free() == SIZE
    assert len(lines) == 1
