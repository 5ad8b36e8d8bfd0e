"""Names that were made to lead out of a folder, and who opens what they lead to."""

import ctypes
import os
import random
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

#: What the file outside holds, and nobody may ever see.
CANARY = "canary-9f3b1c77"
#: Ways to spell "one up", and what stands between two names.
UPS = (
    *("..", ". .", "...", "....", "..;", ".%00.", "%2e%2e", "%2E%2e", "%252e%252e", ".%2e"),
    *("%c0%ae%c0%ae", "\uff0e\uff0e", "\u2025", "..\u200b", "..\x00", "..%00", "\u3002\u3002"),
)
SLASHES = (
    *("/", "//", "/./", "\\", "\\\\", "%2f", "%2F", "%5c", "%252f", "\uff0f", "\u2215", "\u2044"),
    *("/\x00/", "/ /", "%c0%af"),
)
#: Where machines keep what is worth reading, and files that never end or wait.
OUTSIDE = (
    *("/etc/passwd", "/etc/shadow", "/proc/self/environ", "/proc/self/mem", "/proc/kcore"),
    *("/proc/self/root/etc/passwd", "/proc/self/cwd/secret.wav", "/proc/self/fd/0", "/dev/zero"),
    *("/dev/stdin", "/dev/fd/0", "/dev/tty", "/sys/kernel/notes", "/root/.ssh/id_rsa", "/", "//"),
    *("~/.ssh/id_rsa", "~root/.bashrc", "$HOME/.bashrc", "file:///etc/passwd", "C:\\boot.ini"),
    *("\\\\host\\share\\a.wav", "\\\\?\\C:\\a.wav", "NUL", "CON", "-", "--help", "|id", "`id`"),
)


def escapes(inside: Path, outside: Path, number: int, seed: int = 0) -> list[str]:
    """So many names, all different and the same for one `seed`. `outside`: a file beside the
    folder `inside`; no name of these may lead to it, nor to anything else that is not in there."""
    chance, found = random.Random(seed), dict.fromkeys(_plain(inside, outside))
    while len(found) < number:
        found[_spelt(chance, inside, outside)] = None
    return list(found)[:number]


def _plain(inside: Path, outside: Path) -> Iterator[str]:
    yield from OUTSIDE
    yield from (str(outside), f"//{outside}", f"{inside}/../{outside.name}", str(inside.parent))
    yield from (f"{inside}-private/{outside.name}", "", ".", "..", "\0", "\ud800", "x" * 5000)
    yield from (
        f"{inside}/{'a/' * 2000}x.wav",
        f"{outside}\0.wav",
        f"talk.wav/../../{outside.name}",
    )


def _spelt(chance: random.Random, inside: Path, outside: Path) -> str:
    """A way up out of some folder, deep enough or not, and down again."""
    slash, ups = chance.choice(SLASHES), chance.randint(1, 12)
    steps = [chance.choice(UPS) if chance.random() < 0.4 else ".." for _ in range(ups)]
    start = chance.choice(("", "/", f"{inside}/", "talk.wav/", "deep/", "./", "link/", "\\", "%2f"))
    goal = chance.choice((outside.name, f"{outside}".strip("/"), "etc/passwd", "proc/self/environ"))
    end = chance.choice(("", "", "\0.wav", "%00.wav", "/", "/.", ".wav", "::$DATA", "?", "#", " "))
    name = start + slash.join([*steps, goal]) + end
    return quote(name, safe="/%") if chance.random() < 0.1 else name


@contextmanager
def nobody_opens(*files: Path) -> Iterator[None]:
    """Raises AssertionError when anybody opened one of them meanwhile; Linux tells of each."""
    libc = ctypes.CDLL(None, use_errno=True)
    if not hasattr(libc, "inotify_init1"):
        yield
        return
    news = libc.inotify_init1(os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        for file in files:
            watch = libc.inotify_add_watch(news, os.fsencode(file), OPENED)
            assert watch >= 0, os.strerror(ctypes.get_errno())
        yield
        assert not _heard(news), f"somebody opened one of {files}"
    finally:
        os.close(news)


OPENED = 0x20  # IN_OPEN, linux/inotify.h


def _heard(news: int) -> bytes:
    try:
        return os.read(news, 4096)
    except BlockingIOError:
        return b""
