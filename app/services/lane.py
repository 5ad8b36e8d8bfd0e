"""The road of running jobs: many side by side, or one that must be alone."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager


class Lane:
    """A job that may be what kills the service runs with nothing beside it.

    Whoever wants to be alone is let in before those who came later: it waits for those who are
    on the road, and not for ever new ones. Who gives up waiting is out of the way at once.
    """

    def __init__(self) -> None:
        self._changed = asyncio.Event()
        self._beside = 0
        self._alone = False

    @asynccontextmanager
    async def entered(self, *, alone: bool) -> AsyncIterator[None]:
        async with self._taken() if alone else self._shared():
            yield

    @asynccontextmanager
    async def _shared(self) -> AsyncIterator[None]:
        await self._until(lambda: not self._alone)
        self._beside += 1
        try:
            yield
        finally:
            self._beside -= 1
            self._tell()

    @asynccontextmanager
    async def _taken(self) -> AsyncIterator[None]:
        await self._until(lambda: not self._alone)
        self._alone = True
        try:
            await self._until(lambda: self._beside == 0)
            yield
        finally:
            self._alone = False
            self._tell()

    async def _until(self, condition: Callable[[], bool]) -> None:
        while not condition():
            await self._changed.wait()

    def _tell(self) -> None:
        """Wakes all who wait, in the order in which they came. Cannot be cut short."""
        self._changed.set()
        self._changed.clear()
