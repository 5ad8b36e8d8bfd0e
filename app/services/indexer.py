"""Brings single assets level with the database at once, past all jobs that wait."""

import asyncio
from contextlib import suppress

from app.domain.errors import SpoolError
from app.ports import Embedder, RecordStore, VectorIndex
from app.services.reindex import PAGE, Books, reindex
from app.services.watch import JobWatch

PATIENCE = 5.0  # seconds that somebody who made a change waits for the index
LOOK = 5.0  # seconds between two looks at a job of which nothing is heard


class Indexer:
    """One run for an asset at a time: the later change is the one that stands in the index."""

    def __init__(
        self,
        books: Books,
        embedder: Embedder,
        index: VectorIndex,
        watch: JobWatch,
        bulk: RecordStore | None = None,
    ) -> None:
        self._books, self._embedder, self._index = books, embedder, index
        self._watch, self._bulk = watch, bulk
        self._runs: dict[str, asyncio.Task[None]] = {}
        self._again: set[str] = set()

    async def level(self, asset_id: str, patience: float = PATIENCE) -> None:
        """Until the index has the asset as it is now; it goes on behind who loses patience.

        What fails is logged, and left to the next look at all that is behind.
        """
        await asyncio.wait({self._run(asset_id)}, timeout=patience)

    def has(self, indexed_in: str | None) -> bool:
        """Whether what is marked so is in the index that serves now."""
        with suppress(SpoolError):
            return indexed_in is not None and indexed_in == self._index.generation
        return False

    async def behind(self) -> int | None:
        """How many assets and records are not in it as they are; None while it loads."""
        if not self._index.ready:
            return None
        generation = self._index.generation
        assets = await self._books.assets.behind(generation)
        if self._bulk is None:
            return assets
        whole = await self._bulk.count(generation)
        return assets + max(0, await self._bulk.count() - whole)

    async def aclose(self) -> None:
        runs = set(self._runs.values())
        for run in runs:
            run.cancel()
        if runs:
            await asyncio.wait(runs)

    def _run(self, asset_id: str) -> asyncio.Task[None]:
        before = self._runs.get(asset_id)
        if before is not None and not before.done():  # one that is done looks at nothing more
            self._again.add(asset_id)
            return before
        run = asyncio.create_task(self._until_level(asset_id))
        self._runs[asset_id] = run
        run.add_done_callback(lambda _: self._ended(asset_id, run))
        return run

    def _ended(self, asset_id: str, run: asyncio.Task[None]) -> None:
        if self._runs.get(asset_id) is run:
            del self._runs[asset_id]

    async def _until_level(self, asset_id: str) -> None:
        self._again.add(asset_id)
        while asset_id in self._again:
            self._again.discard(asset_id)
            await self._job_ended(asset_id)
            await reindex(asset_id, self._books, self._embedder, self._index)
            with suppress(SpoolError):  # the next look at all that is behind sees to it
                await self._level_frames(asset_id)

    async def _level_frames(self, video_id: str) -> None:
        """What a video is told reaches its key-frames, too. A change that comes meanwhile is first
        made in the video itself."""
        failed: set[str] = set()
        while fresh := await self._frames_behind(video_id, failed):
            for frame in fresh:
                if video_id in self._again:
                    return
                if not await reindex(frame, self._books, self._embedder, self._index):
                    failed.add(frame)

    async def _frames_behind(self, video_id: str, failed: set[str]) -> list[str]:
        generation, limit = self._index.generation, PAGE + len(failed)
        found = await self._books.assets.unindexed(generation, limit, parent_id=video_id)
        return [frame for frame in found if frame not in failed]

    async def _job_ended(self, asset_id: str) -> None:
        """A job that still looks at the asset would put what it knows over the change."""
        asset = await self._books.assets.get(asset_id)
        if asset is None:
            return
        with self._watch.subscribe(asset.job_id) as changes:
            while not self._watch.closed:
                job = await self._books.store.get(asset.job_id)
                if job is None or job.status.ended:
                    return
                await changes.wait(LOOK)
