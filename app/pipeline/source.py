"""The medium of a job, opened once: whoever reads it gets that very file."""

import asyncio
import os
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import BinaryIO

from app.domain.errors import MediaError, SourceChanged, SourceGone
from app.domain.opening import OPEN_FILES
from app.domain.sources import Snapshot


class HeldSource:
    """Whoever makes one closes it, once nobody reads it any more."""

    def __init__(
        self,
        name: str,
        place: Path,
        opened: Callable[[], BinaryIO],
        *,
        ours: bool,
        let_go: Callable[[], None] = lambda: None,
    ) -> None:
        """Blocks. `opened` opens what lies at `place` now; `ours`: it is of the store, where
        files are only ever replaced by the same bytes; `let_go` is called once it is closed.

        Raises as `opened` does.
        """
        self.name = name
        self._opened, self._ours, self._let_go = opened, ours, let_go
        self._file = opened()
        self._before = Snapshot.of(os.fstat(self._file.fileno()))
        #: For readers: a path that cannot be swapped under them, where there is such a thing.
        self.path = place if ours else _path_of(self._file) or place

    @property
    def size(self) -> int:
        """Bytes."""
        return self._before.size

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[Path]:
        """A path to read it by. Raises SourceChanged at the end when it was not one file all the
        time, also in place of what a reader says about a file that was changed under it."""
        try:
            yield self.path
        except (MediaError, SourceGone):
            await self.check()
            raise
        await self.check()

    async def check(self) -> None:
        """Raises SourceChanged when another file lies in its place by now, or one that was written
        to; whoever read it meanwhile may have read some of both."""
        if self._ours:
            return
        try:
            now = await asyncio.to_thread(self._look)
        except SourceGone as error:
            raise SourceChanged(f"{self.name} was taken away while it was read") from error
        if now != self._before:
            raise SourceChanged(f"{self.name} was changed while it was read")

    def close(self) -> None:
        self._file.close()
        self._let_go()

    def _look(self) -> Snapshot:
        with self._opened() as file:
            return Snapshot.of(os.fstat(file.fileno()))


def _path_of(file: BinaryIO) -> Path | None:
    """None where there is none, or where our workers might not follow it: of a process that may
    not be looked into (it was given rights by its file) all of this belongs to root."""
    path = OPEN_FILES / str(file.fileno())
    try:
        there = path.exists() and path.parent.stat().st_uid == os.geteuid()
    except OSError:
        return None
    return path if there else None
