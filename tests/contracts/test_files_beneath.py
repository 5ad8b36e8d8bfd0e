"""Files below a folder: only those, whatever is swapped meanwhile. One suite for both ways."""

import os
import platform
import re
import sys
from pathlib import Path, PurePath

import pytest

from app.adapters import beneath
from app.adapters.beneath import KernelBeneath, WalkBeneath, files_beneath
from app.domain.errors import Exhausted, SourceGone
from app.ports import FilesBeneath
from tests.changes import swapping
from tests.paths import CANARY, escapes, nobody_opens

OWN = b"what the client named"
ROUNDS = 3_000  # of a race


@pytest.fixture(params=[KernelBeneath, WalkBeneath])
def files(request: pytest.FixtureRequest) -> FilesBeneath:
    try:
        made: FilesBeneath = request.param()
    except OSError as error:
        pytest.skip(f"not on this machine: {error}")
    return made


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path.resolve() / "media"
    (folder / "deep" / "er").mkdir(parents=True)
    for place in ("talk.wav", "deep/talk.wav", "deep/er/talk.wav"):
        (folder / place).write_bytes(OWN)
    return folder


@pytest.fixture
def secret(root: Path) -> Path:
    folder = root.parent / "outside"
    (folder / "er").mkdir(parents=True)
    for place in ("talk.wav", "er/talk.wav"):
        (folder / place).write_text(CANARY)
    return folder / "talk.wav"


def read(files: FilesBeneath, root: Path, name: str) -> bytes:
    with files.open(root, PurePath(name)) as file:
        return file.read()


def gone(files: FilesBeneath, root: Path, name: str) -> str:
    with pytest.raises(SourceGone) as caught:
        files.open(root, PurePath(name))
    return caught.value.message


def kernel() -> tuple[int, ...]:
    return tuple(int(number) for number in re.findall(r"\d+", platform.release())[:2])


def test_linux_looks_a_path_up_in_one_call() -> None:
    if sys.platform != "linux" or kernel() < (5, 6):
        pytest.skip("no call of that kind")
    try:
        KernelBeneath()
    except PermissionError:
        pytest.skip("a filter of calls")
    assert type(files_beneath()) is KernelBeneath


@pytest.mark.parametrize("calls", [{}, {platform.machine(): 100_000}])
def test_where_nobody_knows_the_call_it_is_gone_folder_by_folder(
    root: Path, monkeypatch: pytest.MonkeyPatch, calls: dict[str, int]
) -> None:
    """As in an old kernel, behind a filter of calls, and on other systems."""
    monkeypatch.setattr(beneath, "OPENAT2", calls)
    files = files_beneath()
    assert type(files) is WalkBeneath
    assert read(files, root, "deep/talk.wav") == OWN


@pytest.mark.parametrize("name", ["talk.wav", "deep/talk.wav", "deep/er/talk.wav"])
def test_a_file_below_the_folder_is_opened(files: FilesBeneath, root: Path, name: str) -> None:
    assert read(files, root, name) == OWN


def test_a_root_that_is_all_of_the_disk_is_a_folder_as_any_other(
    files: FilesBeneath, root: Path
) -> None:
    inside = (root / "talk.wav").relative_to("/")
    assert read(files, Path("/"), str(inside)) == OWN


@pytest.mark.parametrize("name", ["../outside/talk.wav", "deep/../../outside/talk.wav", ".."])
def test_no_way_leads_up(files: FilesBeneath, root: Path, secret: Path, name: str) -> None:
    gone(files, root, name)
    gone(files, root, str(secret))


def test_a_link_is_followed_nowhere_on_the_way(
    files: FilesBeneath, root: Path, secret: Path
) -> None:
    (root / "file.wav").symlink_to(secret)
    (root / "near.wav").symlink_to("talk.wav")
    (root / "folder").symlink_to(secret.parent)
    (root / "within").symlink_to("deep")
    (root.parent / "alias").symlink_to(root)
    for name in ("file.wav", "near.wav", "folder/talk.wav", "within/talk.wav"):
        gone(files, root, name)
    gone(files, root.parent / "alias", "talk.wav")


def test_only_a_regular_file_is_one_and_nobody_waits_for_a_pipe(
    files: FilesBeneath, root: Path
) -> None:
    os.mkfifo(root / "pipe.wav")
    for name in (".", "deep", "pipe.wav", "nothing.wav", "talk.wav/x", "x" * 300, "x/" * 3000):
        gone(files, root, name)


MADE_UP = ("/dev/zero", "/dev/null", "/proc/kcore", "/proc/self/environ")


@pytest.mark.parametrize("path", [path for path in MADE_UP if os.path.exists(path)])
def test_what_a_system_makes_up_is_no_file(files: FilesBeneath, path: str) -> None:
    folder = Path(path).parent.resolve()
    assert gone(files, folder, Path(path).name) == "it is no regular file"
    gone(files, Path("/"), path.lstrip("/"))


def test_a_link_of_proc_that_leads_anywhere_is_not_followed(
    files: FilesBeneath, root: Path
) -> None:
    with (root / "talk.wav").open() as file:
        gone(files, Path("/proc"), f"{os.getpid()}/fd/{file.fileno()}")
        gone(files, Path("/"), f"proc/{os.getpid()}/root{root}/talk.wav")


def test_500_names_lead_nowhere_else(files: FilesBeneath, root: Path, secret: Path) -> None:
    (root / "link").symlink_to(secret.parent)
    with nobody_opens(secret):
        for name in escapes(root, secret, 500):
            gone(files, root, name)


def test_whoever_opens_the_file_outside_is_noticed(secret: Path) -> None:
    """Else none of these could fail."""
    if sys.platform != "linux":
        pytest.skip("nobody tells who opens a file")
    with pytest.raises(AssertionError, match="somebody opened"), nobody_opens(secret):
        secret.read_text()


def test_what_is_not_opened_leaves_no_descriptor(files: FilesBeneath, root: Path) -> None:
    if not Path("/proc/self/fd").is_dir():
        pytest.skip("no /proc to count descriptors in")
    read(files, root, "talk.wav")
    before = len(os.listdir("/proc/self/fd"))
    for name in ("deep", "nothing.wav", "talk.wav/x", "a/b/c", "../outside"):
        gone(files, root, name)
        gone(files, root / "nothing", name)
    assert len(os.listdir("/proc/self/fd")) == before


def test_no_descriptor_left_is_no_fault_of_the_file(
    files: FilesBeneath, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> int:
        raise OSError(24, "Too many open files")

    monkeypatch.setattr(os, "open", full)
    with pytest.raises(Exhausted):
        files.open(root, PurePath("talk.wav"))


# races


def race(files: FilesBeneath, root: Path, name: str) -> None:
    """Our own bytes or none, many times over, and each of the two at least once."""
    opened = refused = 0
    while opened + refused < ROUNDS or not (opened and refused):
        try:
            assert read(files, root, name) == OWN
            opened += 1
        except SourceGone:
            refused += 1


def test_a_file_that_is_swapped_for_links_and_pipes_yields_its_own_bytes_or_none(
    files: FilesBeneath, root: Path, secret: Path
) -> None:
    target, beside = root / "deep" / "talk.wav", root / "beside"

    def becomes_a_link() -> None:
        beside.symlink_to(secret)
        beside.replace(target)

    def becomes_a_pipe() -> None:
        os.mkfifo(beside)
        beside.replace(target)

    def becomes_itself() -> None:
        beside.write_bytes(OWN)
        beside.replace(target)

    with nobody_opens(secret), swapping(becomes_a_link, becomes_a_pipe, becomes_itself):
        race(files, root, "deep/talk.wav")


def test_a_folder_that_is_swapped_for_a_link_lets_nobody_out(
    files: FilesBeneath, root: Path, secret: Path
) -> None:
    folder, aside = root / "deep", root / "aside"

    def becomes_a_link() -> None:
        folder.rename(aside)
        folder.symlink_to(secret.parent)

    def becomes_itself() -> None:
        folder.unlink()
        aside.rename(folder)

    with nobody_opens(secret, secret.parent / "er" / "talk.wav"):
        with swapping(becomes_a_link, becomes_itself):
            race(files, root, "deep/er/talk.wav")


def test_a_folder_that_is_moved_out_takes_nobody_with_it(
    files: FilesBeneath, root: Path, secret: Path
) -> None:
    """A lookup that stands in it would go up from there."""
    folder, away = root / "deep", secret.parent / "deep"

    def moves_out() -> None:
        folder.rename(away)

    def moves_in() -> None:
        away.rename(folder)

    with nobody_opens(secret), swapping(moves_out, moves_in):
        race(files, root, "deep/er/talk.wav")
