"""What can happen to a file while somebody reads it."""

import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

Change = Callable[[Path], None]
#: Seconds since the epoch: whatever is written later is younger.
LONG_AGO = 1_000_000_000


def made_old(path: Path) -> Path:
    os.utime(path, (LONG_AGO, LONG_AGO))
    return path


def rewritten(path: Path) -> None:
    """In place, and as long as it was."""
    path.write_bytes(path.read_bytes()[::-1])


def appended(path: Path) -> None:
    with path.open("ab") as file:
        file.write(b"more")


def cut(path: Path) -> None:
    os.truncate(path, path.stat().st_size // 2)


def emptied(path: Path) -> None:
    os.truncate(path, 0)


def replaced(path: Path) -> None:
    """By another of the same bytes, as old and as long."""
    beside = path.with_name("beside")
    beside.write_bytes(path.read_bytes())
    made_old(beside).replace(path)


def taken_away(path: Path) -> None:
    path.unlink()


def became_a_link(path: Path) -> None:
    path.rename(path.with_name("moved"))
    path.symlink_to("moved")


def became_a_pipe(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)


def became_a_folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


CHANGES: dict[str, Change] = {
    change.__name__: change
    for change in (
        *(rewritten, appended, cut, emptied, replaced, taken_away),
        *(became_a_link, became_a_pipe, became_a_folder),
    )
}


@contextmanager
def swapping(*turns: Callable[[], None]) -> Iterator[None]:
    """Somebody takes these turns again and again."""
    done = threading.Event()
    troubles: list[BaseException] = []

    def swap() -> None:
        try:
            while not done.is_set():
                for turn in turns:
                    turn()
        except BaseException as error:
            troubles.append(error)

    thread = threading.Thread(target=swap)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()
    assert troubles == []
