"""What is meant by the words after `spool ingest`."""

import os
from pathlib import Path

import pytest

from app.cli.sources import found
from app.domain.errors import InvalidRequest


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in (
        *("b.mp4", "a.mp4", "c.wav", "notes.txt", "data.json", ".hidden.mp4"),
        *("deep/d.wav", "deep/er/e.wav", ".git/f.wav"),
    ):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"x")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def named(*words: str) -> list[str]:
    return [source.named for source in found(words)]


def test_files_and_urls_are_taken_as_they_are_named(folder: Path) -> None:
    words = ["b.mp4", "https://example.org/talk.mp4?x=*", "data.json", "./a.mp4"]
    assert named(*words) == words


def test_a_glob_finds_files_by_name(folder: Path) -> None:
    assert named("*.mp4") == ["a.mp4", "b.mp4"]
    assert named("**/*.wav") == ["c.wav", "deep/d.wav", "deep/er/e.wav"]
    assert named(".h*") == [".hidden.mp4"]


def test_a_glob_finds_no_folders(folder: Path) -> None:
    assert named("d*") == ["data.json"]


def test_a_folder_is_all_media_in_it_and_nothing_hidden(folder: Path) -> None:
    inside = [os.path.relpath(path, os.path.realpath(folder)) for path in named(str(folder))]
    assert inside == ["a.mp4", "b.mp4", "c.wav", "notes.txt", "deep/d.wav", "deep/er/e.wav"]


def test_what_is_named_twice_is_sent_once(folder: Path) -> None:
    assert named("c.wav", "*.wav", "./c.wav", str(folder / "c.wav")) == ["c.wav"]
    assert named("http://x/a", "http://x/a") == ["http://x/a"]


def test_a_file_whose_name_looks_like_a_glob_is_that_file(folder: Path) -> None:
    (folder / "a[1].mp4").write_bytes(b"x")
    assert named("a[1].mp4") == ["a[1].mp4"]


def test_a_file_that_is_not_there_is_left_to_the_sending(folder: Path) -> None:
    assert named("nothing.wav") == ["nothing.wav"]


def test_the_home_folder_may_be_written_with_a_tilde(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(folder))
    assert named("~/*.mp4") == [f"{folder}/a.mp4", f"{folder}/b.mp4"]


@pytest.mark.parametrize("word", ["*.mkv", "deep/er/[x]*", "empty"])
def test_where_nothing_is_found_nothing_is_sent(folder: Path, word: str) -> None:
    (folder / "empty").mkdir()
    with pytest.raises(InvalidRequest, match=r"no such files|no media"):
        found(["a.mp4", word])
