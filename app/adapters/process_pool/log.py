"""What a worker prints, kept for the day that it dies."""

import os
from contextlib import suppress
from pathlib import Path

MOST = 1024 * 1024  # bytes; a talkative library must not fill the disk
TAIL = 16 * 1024  # bytes of the end that are looked at
LAST_LINES = 20
LAST_CHARACTERS = 2000
#: Python ends the trace of a crash with all names of native modules, on one long line.
NOISE = "Extension modules:"


class WorkerLog:
    """A file that the worker appends to, or nothing."""

    def __init__(self, path: Path | None) -> None:
        self.path = path
        self._from = 0  # bytes; what comes before is of earlier tasks

    def prepare(self) -> None:
        """Before a worker starts. Without a file it prints to our standard error instead."""
        self._from = 0
        if self.path:
            with suppress(OSError):
                self.path.parent.mkdir(parents=True, exist_ok=True)
                self.path.unlink(missing_ok=True)

    def turn_page(self) -> None:
        """Before a task: what an earlier one has printed is not said of this one's death."""
        with suppress(OSError):
            if self.path:
                self._from = self.path.stat().st_size

    def trim(self) -> None:
        """Empty it when it has grown too long: the worker's next line becomes the first."""
        with suppress(OSError):
            if self.path and self.path.stat().st_size > MOST:
                os.truncate(self.path, 0)
                self._from = 0

    def last_lines(self) -> str | None:
        """The end of what the task printed, without control characters; None for nothing."""
        try:
            lines = self._tail().splitlines() if self.path else []
        except OSError:
            return None
        kept = [line for line in map(_printable, lines) if line and not line.startswith(NOISE)]
        return "\n".join(kept[-LAST_LINES:])[-LAST_CHARACTERS:] or None

    def _tail(self) -> str:
        assert self.path
        with self.path.open("rb") as file:
            size = file.seek(0, os.SEEK_END)
            file.seek(max(self._from, size - TAIL))
            return file.read(TAIL).decode(errors="replace")


def _printable(line: str) -> str:
    return "".join(letter for letter in line.expandtabs(4) if letter.isprintable()).rstrip()
