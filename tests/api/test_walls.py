"""The service on machines that can build some of the walls around media, or none."""

from pathlib import Path

import pytest

from app.adapters.confined import cage as cages
from app.adapters.confined.cage import Cage
from tests import caged
from tests.api.spool import opened
from tests.media import make_video, silence
from tests.pictures import halves


async def test_what_this_machine_lacks_is_told_at_the_start_and_no_more(
    tmp_path: Path,
    model_folder: Path,
    quiet: bytes,
    monkeypatch: pytest.MonkeyPatch,
    warnings_told: list[str],
) -> None:
    async def lacking(cage: Cage) -> list[str]:
        return ["Landlock (not here)"]

    monkeypatch.setattr(Cage, "missing", lacking)
    async with opened(tmp_path, model_folder) as spool:
        for _ in range(2):
            await spool.completed(await spool.take_in(quiet))
    [line] = [line for line in warnings_told if "decoded without" in line]
    assert "Landlock (not here)" in line and "spool doctor" in line


async def test_where_there_are_no_walls_at_all_media_are_taken_in_all_the_same(
    tmp_path: Path,
    model_folder: Path,
    quiet: bytes,
    monkeypatch: pytest.MonkeyPatch,
    warnings_told: list[str],
) -> None:
    """As on macOS, or where a container forbids them."""
    monkeypatch.setattr(cages, "CHILD", caged.child_without("all", tmp_path))
    film = make_video(tmp_path / "film.mp4", silence(tmp_path / "s.wav", 2.0))
    async with opened(tmp_path, model_folder) as spool:
        for content, name in (
            (quiet, "talk.wav"),
            (film.read_bytes(), "film.mp4"),
            (halves(tmp_path / "a.png").read_bytes(), "a.png"),
        ):
            await spool.completed(await spool.take_in(content, name))
    [line] = [line for line in warnings_told if "decoded without" in line]
    assert all(wall in line for wall in ("namespaces", "Landlock", "seccomp"))
