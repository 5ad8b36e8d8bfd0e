"""The walls around a process, each built where this machine knows how.

All of it returns what is missing, in words.
"""

from collections.abc import Callable, Iterable
from functools import partial

from app.adapters.confined import landlock, namespaces, seccomp

#: Where programs find their libraries: code of the system's, and nobody's secrets.
LIBRARIES = (
    *("/lib", "/lib32", "/lib64", "/usr/lib", "/usr/lib32", "/usr/lib64", "/usr/local/lib"),
    *("/nix/store", "/gnu/store", "/etc/ld.so.cache"),
)


def leave(readable: Iterable[str | int] = ()) -> list[str]:
    """This machine. `readable`: paths or descriptors of what can still be opened, and run."""
    return [
        *_build("namespaces of its own", namespaces.leave),
        *_build("giving up root's rights", namespaces.renounce),
        *_build("Landlock", partial(landlock.shut, readable)),
    ]


def fall_silent(becomes: int | None = None) -> list[str]:
    """The last one: limits can be set no more. `becomes`: as `seccomp.shut` has it."""
    return _build("seccomp", partial(seccomp.shut, becomes=becomes))


def _build(name: str, wall: Callable[[], None]) -> list[str]:
    try:
        wall()
    except OSError as error:
        return [f"{name} ({error.strerror})"]
    return []
