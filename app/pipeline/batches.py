"""Windows in line for an engine that takes several at once."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress

from app.domain.media import AudioWindow


class Batches:
    """Reads windows ahead, a few and no more, while those before them are transcribed."""

    def __init__(self, windows: AsyncIterator[AudioWindow], *, size: int, takers: int) -> None:
        """`size`: of a batch at most; `takers`: how many batches are worked on at once."""
        self._size, self._takers = size, takers
        self._waiting: list[AudioWindow] = []
        #: What each taker gets of those in line, and how many are still to get it.
        self._share = self._to_serve = 0
        self._changed = asyncio.Event()
        self._reader = asyncio.create_task(self._read(windows))

    async def next(self) -> list[AudioWindow]:
        """The window that waits longest and those most like it in length; empty when all are read.

        What is in line is shared out, so that none idles over the last. Raises what reading raised.
        """
        while not self._waiting and not self._reader.done():
            await self._change()
        if not self._waiting:
            await self._reader
            return []
        first, *others = self._waiting
        others.sort(key=lambda window: abs(window.samples - first.samples))
        batch = [first, *others[: self._next_share() - 1]]
        self._waiting = [window for window in self._waiting if window not in batch]
        self._changed.set()
        return batch

    def _next_share(self) -> int:
        if self._to_serve == 0:
            self._share = min(self._size, -(-len(self._waiting) // self._takers))
            self._to_serve = self._takers
        self._to_serve -= 1
        return self._share

    async def aclose(self) -> None:
        """Nothing is read any more when this returns."""
        self._reader.cancel()
        with suppress(asyncio.CancelledError, Exception):  # told by `next`, if anybody asked
            await self._reader

    async def _read(self, windows: AsyncIterator[AudioWindow]) -> None:
        try:
            async for window in windows:
                self._waiting.append(window)
                self._to_serve = 0  # more to share out
                self._changed.set()
                while len(self._waiting) >= self._size * self._takers:
                    await self._change()
        finally:
            asyncio.get_running_loop().call_soon(self._changed.set)  # once the task is done

    async def _change(self) -> None:
        self._changed.clear()
        await self._changed.wait()
