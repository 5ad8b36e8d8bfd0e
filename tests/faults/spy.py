"""What a service under test does and nobody sees from outside, told by Python itself (PEP 578).

Each call to an address, also one that fails at once; and sound that holds what the canary does,
before it is gone. It works in the service and in its workers, and writes down what it sees.
"""

import os
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from tests.paths import CANARY

#: Names the folder for what it sees.
VARIABLE = "SPOOL_FAULTS_SPY"
DIALLED = "dialled.log"
#: The folder of sound that passes through, by its name; and what a copy of it is called.
SOUND, STOLEN = "pcm", "stolen-"


def watch(folder: Path) -> None:
    """For as long as the process lives: a hook stays."""
    seen: dict[str, Callable[[Any, Any], None]] = {
        "socket.connect": lambda _, address: _connects(folder, address),
        "os.remove": lambda path, _: _removes(folder, path),
    }

    def hook(event: str, arguments: tuple[Any, ...]) -> None:
        if event in seen:
            with suppress(OSError):  # it would be raised in the service
                seen[event](*arguments)

    sys.addaudithook(hook)


def dialled(folder: Path) -> list[str]:
    """Whom they called, in order."""
    file = folder / DIALLED
    return file.read_text(encoding="utf-8").splitlines() if file.exists() else []


def stolen(folder: Path, key: str) -> bool:
    """Whether the sound of that key held what the canary does."""
    return (folder / f"{STOLEN}{Path(key).name}").exists()


def _connects(folder: Path, address: object) -> None:
    """Sockets whose address is a path lead to nobody outside."""
    if isinstance(address, tuple):
        with (folder / DIALLED).open("a", encoding="utf-8") as file:
            file.write(f"{address[0]} port {address[1]}\n")


def _removes(folder: Path, path: Any) -> None:
    file = Path(os.fsdecode(path))
    if file.parent.name == SOUND and CANARY.encode() in file.read_bytes():
        os.link(file, folder / f"{STOLEN}{file.name}")
