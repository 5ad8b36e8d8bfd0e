"""Folders whose media are taken in by themselves: each file once, as soon as it is whole."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path

from loguru import logger

from app.domain.errors import SpoolError, StorageError, Unavailable
from app.domain.jobs import JobOptions
from app.domain.watched import FileState, WatchedFile
from app.ports import JobStore, WatchNotes
from app.services.alike import CAME_TO_NOTHING, not_replaced
from app.services.folder_walk import media_in, state_of
from app.services.hashing import file_sha256
from app.services.intake import Intake

PAUSE = 2.0  # seconds between two looks
#: After a look that took long, a pause that is so many times as long.
SHARE = 20
MOST_ALIKE = 50  # jobs on the same bytes that are looked at


class FolderWatch:
    """Looks every few seconds, and never waits for news: of disks on the net none would come.

    A file is taken when it stays as it is for `settle` seconds. What was taken is noted, so that
    it is not taken again, also after a restart, or when it was deleted here. A file that changes
    replaces what it was; one whose bytes are known already is noted and makes no job.
    """

    def __init__(
        self,
        *,
        folders: Sequence[Path],
        leave_out: Path,
        notes: WatchNotes,
        store: JobStore,
        intake: Intake,
        settle: float,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        """`leave_out`: the service's own files. `settle` in seconds, as `clock` tells."""
        self._folders, self._leave_out = folders, leave_out
        self._notes, self._store, self._intake = notes, store, intake
        self._settle, self._clock, self._sleep = settle, clock, sleep
        self._taken: dict[str, WatchedFile] | None = None
        #: Files that are not taken yet, and since when they are as they are.
        self._waiting: dict[str, tuple[FileState, float]] = {}
        #: Troubles of this look and of the one before: what lasts is told once.
        self._troubles: set[str] = set()
        self._told: set[str] = set()

    async def run(self) -> None:
        """For as long as the service lives; at once over when there is nothing to watch."""
        while self._folders:
            began = time.monotonic()
            await self.run_once()
            await self._sleep(max(PAUSE, SHARE * (time.monotonic() - began)))

    async def run_once(self) -> int:
        """One look at all folders; returns how many files were taken. Never raises SpoolError."""
        taken = 0
        try:
            taken = await self._look()
        except SpoolError as error:
            self._tell(f"nothing is taken from watched folders: {error.message}")
        self._told, self._troubles = self._troubles, set()
        return taken

    async def _look(self) -> int:
        if self._taken is None:
            self._taken = dict(await self._notes.all())
        found = await asyncio.to_thread(self._found)
        now = self._clock()
        self._waiting = {
            path: (state, self._since(path, state, now))
            for path, state in found.items()
            if not self._is_taken(path, state)
        }
        ripe = [
            (path, state)
            for path, (state, since) in self._waiting.items()
            if now - since >= self._settle
        ]
        taken = [await self._take(path, state) for path, state in ripe]
        return sum(taken)

    def _found(self) -> dict[str, FileState]:
        found: dict[str, FileState] = {}
        for folder in self._folders:
            if folder.is_dir():
                found.update(media_in(folder, self._leave_out))
            else:
                self._tell(f"no folder to watch: {folder}")
        return found

    def _since(self, path: str, state: FileState, now: float) -> float:
        before = self._waiting.get(path)
        return before[1] if before and before[0] == state else now

    def _is_taken(self, path: str, state: FileState) -> bool:
        known = (self._taken or {}).get(path)
        return known is not None and known.state == state

    async def _take(self, path: str, state: FileState) -> bool:
        """False when it changed meanwhile, or is at fault. Raises when nothing can be taken."""
        self._intake.make_room(0)  # before a long file is read in vain
        try:
            sha256 = await file_sha256(Path(path))
            if await asyncio.to_thread(state_of, path) != state:
                return False
            asset_id = await self._asset(path, sha256)
        except (StorageError, Unavailable):
            raise
        except SpoolError as error:
            self._tell(f"{path} cannot be taken: {error.message}")
            return False
        file = WatchedFile(path=path, state=state, asset_id=asset_id)
        await self._notes.note(file)
        assert self._taken is not None
        self._taken[path] = file
        return True

    async def _asset(self, path: str, sha256: str) -> str:
        """Of a job on these bytes, if there is one: a death before the note ends here, too."""
        known = await self._store.list(sha256=sha256, limit=MOST_ALIKE)
        for job in await not_replaced(self._store, known.jobs):
            if job.status not in CAME_TO_NOTHING:
                logger.bind(job_id=job.job_id).info("known already: {}", path)
                return job.asset_id
        before = (self._taken or {}).get(path)
        options = JobOptions(asset_id=before.asset_id if before else None).by_suffix(path)
        return (await self._intake.submit_watched(Path(path), options, sha256)).asset_id

    def _tell(self, line: str) -> None:
        self._troubles.add(line)
        if line not in self._told:
            logger.warning("{}", line)
