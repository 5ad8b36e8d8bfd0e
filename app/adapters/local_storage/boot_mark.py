"""What ties the files to their database: the last start, and the last job, that both know of."""

import contextlib
import os
from pathlib import Path

from app.adapters.local_storage.disk import translated
from app.adapters.local_storage.part import Part
from app.adapters.local_storage.thread import in_thread
from app.domain.errors import StorageError

NAME = ".spool.boot"
ID = 36  # characters of a UUID


class BootMark:
    """The file `.spool.boot` in `folder`: a line with the start's id, a line with the job's.

    A database that does not know one of them is older than the files.
    """

    def __init__(self, folder: Path) -> None:
        self._path = folder / NAME

    async def read(self) -> str | None:
        """The start that the files were last used by; None when there was none."""
        return await in_thread(self._line, 0)

    async def last_job(self) -> str | None:
        """What `note` was last told since that start."""
        return await in_thread(self._line, 1)

    async def write(self, boot_id: str) -> None:
        """Durable when this returns. Call it when the database has committed the id."""
        await in_thread(self._write, boot_id)

    def note(self, job_id: str) -> None:
        """Name a job whose row is committed: microseconds, for nothing is synced. Never raises.

        It survives the death of the process. After a power cut an older job may stand here, which
        the database knows as well.
        """
        with contextlib.suppress(OSError):  # the start still tells the files' age, less sharply
            descriptor = os.open(self._path, os.O_WRONLY | os.O_CLOEXEC)
            try:
                os.pwrite(descriptor, _line(job_id), ID + 1)
            finally:
                os.close(descriptor)

    def forget(self, job_id: str) -> None:
        """Before its row is deleted: the database will not know it, and yet be none the older."""
        with contextlib.suppress(StorageError):
            if self._line(1) == job_id:
                self.note("")

    def _line(self, number: int) -> str | None:
        with translated():
            try:
                text = self._path.read_text(encoding="utf-8", errors="replace")
            except FileNotFoundError:
                return None
        lines = [line.strip() for line in text.splitlines()]
        return (lines[number] or None) if number < len(lines) else None

    def _write(self, boot_id: str) -> None:
        part = Part(self._path)
        try:
            part.open()
            part.write(_line(boot_id) + _line(""))
            part.finish()
            part.publish()
        except BaseException:
            part.discard()
            raise


def _line(text: str) -> bytes:
    """Of one length, so that the second can be written over in place, without new space."""
    return f"{text:<{ID}}\n".encode()
