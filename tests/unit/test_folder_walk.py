"""Looking through a folder for media."""

import os
from pathlib import Path

from app.services.folder_walk import media_in, state_of


def names(folder: Path, leave_out: Path | None = None) -> list[str]:
    real = os.path.realpath(folder)
    return [os.path.relpath(path, real) for path, _ in media_in(folder, leave_out)]


def write(path: Path, content: bytes = b"x") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


def test_media_are_found_in_all_folders_in_the_order_of_their_names(tmp_path: Path) -> None:
    for name in ("b/two.MDX", "b/one.mp3", "a.png", "c.mp4", "b/c/deep.opus"):
        write(tmp_path / name)
    assert names(tmp_path) == ["a.png", "c.mp4", "b/one.mp3", "b/two.MDX", "b/c/deep.opus"]


def test_what_is_hidden_or_empty_or_no_medium_is_left_out(tmp_path: Path) -> None:
    for name in (".hidden.mp4", ".git/a.md", "notes.json", "talk.mp4.part", "README"):
        write(tmp_path / name)
    write(tmp_path / "empty.mp4", b"")
    (tmp_path / "folder.mp4").mkdir()
    os.mkfifo(tmp_path / "pipe.mp4")
    os.mkfifo(tmp_path / "pipe.ts")
    assert names(tmp_path) == []


def test_links_are_not_followed(tmp_path: Path) -> None:
    secret = write(tmp_path / "outside" / "secret.txt")
    inside = tmp_path / "inside"
    inside.mkdir()
    (inside / "link.txt").symlink_to(secret)
    (inside / "folder").symlink_to(secret.parent)
    (inside / "round").symlink_to(inside)
    assert names(inside) == []
    assert state_of(str(inside / "link.txt")) is None


def test_a_name_that_is_not_utf8_cannot_be_told_and_is_left_out(tmp_path: Path) -> None:
    write(Path(os.fsdecode(os.fsencode(tmp_path) + b"/b\xff.mp4")))
    write(tmp_path / "a.mp4")
    assert names(tmp_path) == ["a.mp4"]


def test_a_folder_can_be_left_out(tmp_path: Path) -> None:
    write(tmp_path / "data" / "video_jobs" / "a.mp4")
    write(tmp_path / "a.mp4")
    assert names(tmp_path, tmp_path / "data") == ["a.mp4"]
    assert names(tmp_path / "data", tmp_path / "data") == []


def test_programs_in_typescript_are_no_transport_streams(tmp_path: Path) -> None:
    write(tmp_path / "program.ts", b"GET();" * 200)
    write(tmp_path / "short.ts", b"G")
    write(tmp_path / "stream.ts", (b"G" + bytes(187)) * 2)
    assert names(tmp_path) == ["stream.ts"]


def test_a_pipe_that_somebody_streams_into_ends_no_look(tmp_path: Path) -> None:
    """Recorders do: reading it yields None while nothing is in it."""
    os.mkfifo(tmp_path / "live.ts")
    write(tmp_path / "stream.ts", (b"G" + bytes(187)) * 2)
    writer = os.open(tmp_path / "live.ts", os.O_RDWR)
    try:
        assert names(tmp_path) == ["stream.ts"]
        os.write(writer, (b"G" + bytes(187)) * 2)
        assert names(tmp_path) == ["stream.ts"]
        assert len(os.read(writer, 1000)) == 2 * 188, "nothing was taken out of it"
    finally:
        os.close(writer)


def test_a_folder_that_is_not_there_is_empty(tmp_path: Path) -> None:
    assert names(tmp_path / "nowhere") == []


def test_the_state_of_a_file_changes_with_what_is_in_it(tmp_path: Path) -> None:
    file = write(tmp_path / "a.mp4")
    before = state_of(str(file))
    write(file, b"xy")
    assert before and state_of(str(file)) not in (None, before)
    file.unlink()
    assert state_of(str(file)) is None
