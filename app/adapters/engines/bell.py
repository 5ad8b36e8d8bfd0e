"""How a service tells the workers in the middle of their work that somebody is in a hurry."""

import os
import weakref
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import mkstemp


@dataclass(frozen=True, kw_only=True)
class Rings:
    """What a task takes along: a bell, and how often it had rung when the task was handed over."""

    file: str
    count: int

    def again(self) -> bool:
        """Whether it has rung since. A bell that is out of reach never rings."""
        return _count(self.file) > self.count


class Bell:
    """A file that grows by a byte at each ring: any process may look, and none need listen."""

    def __init__(self) -> None:
        handle, name = mkstemp(prefix="spool-bell-")
        os.close(handle)
        self._file = Path(name)
        #: Nobody hears it any more.
        self.close = weakref.finalize(self, self._file.unlink, missing_ok=True)

    @property
    def rings(self) -> Rings:
        return Rings(file=str(self._file), count=_count(str(self._file)))

    def ring(self) -> None:
        """On a full disk nobody hears it, and who is in a hurry waits his turn.

        A file that somebody swept from the folder of temporary files is made anew.
        """
        if not self.close.alive:
            return
        with suppress(OSError), self._file.open("ab", buffering=0) as file:
            file.write(b".")


def _count(file: str) -> int:
    try:
        return os.stat(file).st_size
    except OSError:
        return 0
