"""Run as a script: takes limits upon itself, builds walls, then becomes a program or runs a module.

Usage: child.py walls
       child.py program LIMITS WALLED EXECUTABLE ARGUMENT...
       child.py module LIMITS PATHS MODULE ARGUMENT...

A `preexec_fn` would run Python between fork and exec of a process with threads: it can deadlock.
"""

import fcntl
import importlib
import os
import sys
from collections.abc import Callable

sys.path.insert(0, os.path.abspath(os.path.join(os.path.dirname(__file__), *[os.pardir] * 3)))

from app.adapters.confined import walls
from app.adapters.confined.limits import CANNOT_RUN, OPEN_FILES, Limits

#: Of the environment, what a service knows its children by.
KEPT = "SPOOL_SERVICE"


def tell() -> None:
    """What is missing on this machine, a line each."""
    print(*walls.leave(), *walls.fall_silent(), sep="\n")


def program(told: str, walled: str, *command: str) -> None:
    limits = Limits.read(told)
    limits.die_with_parent()
    try:
        _become(limits, walled == "walled", command)
    except OSError as error:
        sys.stderr.write(f"[fatal] {command[0]}: {error.strerror}\n")
        sys.exit(CANNOT_RUN)


def _become(limits: Limits, walled: bool, command: tuple[str, ...]) -> None:
    """By its descriptor, which is closed on the way: afterwards nothing can be run any more."""
    if not walled or not sys.platform.startswith("linux"):
        limits.take()
        os.execvp(command[0], command)
    number = os.open(command[0], os.O_RDONLY | os.O_CLOEXEC)
    executable = fcntl.fcntl(number, fcntl.F_DUPFD_CLOEXEC, OPEN_FILES)
    limits.take()
    walls.leave((executable, *walls.LIBRARIES))
    limits.die_with_parent()  # new rights may have undone it
    walls.fall_silent(becomes=executable)
    os.execve(executable, command, _environment())


def module(told: str, paths: str, name: str, *arguments: str) -> None:
    limits = Limits.read(told)
    limits.die_with_parent()
    sys.path[1:] = paths.split(os.pathsep)
    for library in ("OPENBLAS", "OMP", "MKL"):  # threads would stay outside of the walls
        os.environ[f"{library}_NUM_THREADS"] = "1"
    run = _imported(name)
    limits.take()
    walls.leave()
    limits.die_with_parent()  # new rights may have undone it
    walls.fall_silent()
    run(*arguments)
    sys.stdout.flush()
    os._exit(0)


def _imported(name: str) -> Callable[..., None]:
    """What it should do. Nothing of the medium was read yet: to fail here is no fault of it."""
    try:
        run: Callable[..., None] = importlib.import_module(name).main
    except Exception as error:
        sys.stderr.write(f"[fatal] {name}: {error}\n")
        sys.exit(CANNOT_RUN)
    return run


def _environment() -> dict[str, str]:
    return {KEPT: os.environ[KEPT]} if KEPT in os.environ else {}


if __name__ == "__main__":
    KINDS: dict[str, Callable[..., None]] = {"walls": tell, "program": program, "module": module}
    KINDS[sys.argv[1]](*sys.argv[2:])
