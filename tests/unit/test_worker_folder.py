"""Folders of cluster workers do not pile up, and none loses its own."""

import stat
import tempfile
from pathlib import Path

import pytest

from app.adapters.worker_folder import PREFIX, worker_folder


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where temporary files are."""
    found = tmp_path / "place"
    found.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(found))
    return found


def test_a_folder_is_its_workers_alone_and_goes_with_it(place: Path) -> None:
    with worker_folder() as folder:
        assert folder.parent == place
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
        (folder / "logs").mkdir()
    assert list(place.iterdir()) == []


def test_what_a_killed_worker_left_goes_and_what_a_living_one_has_stays(place: Path) -> None:
    left = place / f"{PREFIX}left"
    (left / "logs").mkdir(parents=True)
    with worker_folder() as first:
        assert not left.exists()
        with worker_folder() as second:
            assert first.exists() and second.exists() and first != second


def test_nothing_behind_a_link_is_taken_for_a_leftover(place: Path, tmp_path: Path) -> None:
    dear = tmp_path / "dear"
    dear.mkdir()
    (place / f"{PREFIX}link").symlink_to(dear)
    (place / f"{PREFIX}file").touch()
    with worker_folder():
        assert dear.exists() and (place / f"{PREFIX}file").exists()


def test_a_folder_that_another_worker_took_for_a_leftover_is_made_anew(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One that starts at the same time sees it before it is locked."""
    make, taken = tempfile.mkdtemp, place / "taken"

    def make_and_lose(prefix: str) -> str:
        monkeypatch.setattr(tempfile, "mkdtemp", make)
        return str(taken)

    monkeypatch.setattr(tempfile, "mkdtemp", make_and_lose)
    with worker_folder() as folder:
        assert folder.exists() and folder != taken
