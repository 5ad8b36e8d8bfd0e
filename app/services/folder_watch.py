"""Folders whose media are taken in by themselves: each file once, as soon as it is whole."""

import asyncio
import hashlib
import os
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from pathlib import Path

from loguru import logger

from app.domain.errors import SpoolError, StorageError, Unavailable
from app.domain.jobs import AssetStage, IdempotencyKey, JobOptions, SourceKind
from app.domain.watched import FileState, WatchedFile
from app.ports import JobStore, SourceFolders, WatchNotes
from app.services.alike import CAME_TO_NOTHING, not_replaced
from app.services.folder_walk import media_in, state_of
from app.services.hashing import file_sha256
from app.services.intake import Intake

PAUSE = 2.0  # seconds between two looks
#: After a look that took long, a pause that is so many times as long.
SHARE = 20
MOST_ALIKE = 50  # jobs on the same bytes that are looked at
#: As no file ever is: it will be looked at anew.
UNKNOWN = FileState(size=0, modified=0)


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
        in_place: SourceFolders,
        settle: float,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        """`leave_out`: the service's own files. `settle` in seconds, as `clock` tells."""
        self._folders, self._leave_out = folders, leave_out
        self._notes, self._store, self._intake = notes, store, intake
        self._in_place = in_place
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
        """One look at all folders; returns how many files were taken. Never raises: a disk that is
        away for an hour, or a fault of ours, must not end the watch."""
        taken = 0
        try:
            taken = await self._look()
        except SpoolError as error:
            self._tell(f"nothing is taken from watched folders: {error.message}")
        except Exception as error:
            self._tell(f"nothing is taken from watched folders: {error!r}", error)
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
            try:
                if folder.is_dir():
                    found.update(media_in(folder, self._leave_out))
                else:
                    self._tell(f"no folder to watch: {folder}")
            except OSError as error:  # of the disk, or of the net that it is on
                self._tell(f"a watched folder cannot be read: {folder}: {error.strerror}")
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
            sha256 = await file_sha256(self._in_place, Path(path))
            if await asyncio.to_thread(state_of, path) != state:
                return False
            asset_id = await self._asset(path, state, sha256)
        except (StorageError, Unavailable):
            raise
        except SpoolError as error:
            self._tell(f"{path} cannot be taken: {error.message}")
            return False
        await self._note(WatchedFile(path=path, state=state, asset_id=asset_id))
        return True

    async def _note(self, file: WatchedFile) -> None:
        await self._notes.note(file)
        assert self._taken is not None
        self._taken[file.path] = file

    async def _asset(self, path: str, state: FileState, sha256: str) -> str:
        """Of a job on these bytes, if there is one: a death before the note ends here, too."""
        known = await self._store.list(sha256=sha256, limit=MOST_ALIKE)
        for job in await not_replaced(self._store, known.jobs):
            if job.status not in CAME_TO_NOTHING:
                logger.bind(job_id=job.job_id).info("known already: {}", path)
                return job.asset_id
        before = await self._own(path)
        options = JobOptions(asset_id=before).by_suffix(path)
        if before:
            await self._let_copies_go(path, before)
        once = self._once(path, state, sha256)
        return (await self._intake.submit_watched(Path(path), options, sha256, once)).asset_id

    def _once(self, path: str, state: FileState, sha256: str) -> IdempotencyKey:
        """Another instance may watch the same folder, and find the file at the same moment. No
        client can send such a key."""
        before = (self._taken or {}).get(path)
        change = f"{path}\n{before.state if before else None}\n{state}\n{sha256}"
        digest = hashlib.sha256(os.fsencode(change)).hexdigest()
        return IdempotencyKey(key=f"watched\n{digest}", digest=digest)

    async def _own(self, path: str) -> str | None:
        """The asset that this file made, be it by another name: what changes in a copy of a file
        that is still there is another asset."""
        before = (self._taken or {}).get(path)
        if before is None:
            return None
        job = (await self._store.newest([before.asset_id])).get(before.asset_id)
        if job is None or job.options.asset_stage is not AssetStage.INITIAL:
            return before.asset_id if not self._copies(path, before.asset_id) else None
        if job.source is not SourceKind.PATH:
            return None
        moved = await asyncio.to_thread(state_of, job.input_path) is None
        return before.asset_id if moved or job.input_path == path else None

    def _copies(self, path: str, asset_id: str) -> list[WatchedFile]:
        noted = (self._taken or {}).values()
        return [file for file in noted if file.asset_id == asset_id and file.path != path]

    async def _let_copies_go(self, path: str, asset_id: str) -> None:
        """What is found of them is replaced now: those that are still there are taken anew."""
        for file in self._copies(path, asset_id):
            await self._note(replace(file, state=UNKNOWN))

    def _tell(self, line: str, fault: Exception | None = None) -> None:
        self._troubles.add(line)
        if line not in self._told:
            logger.opt(exception=fault).warning("{}", line)
