"""How much of something large may be in memory at a time."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager


class ByteBudget:
    """Who takes little waits for nobody who takes his time with little."""

    def __init__(self, most: int) -> None:
        self._free = self._most = most
        self._freed = asyncio.Condition()

    @asynccontextmanager
    async def held(self, size: int) -> AsyncIterator[None]:
        """So many bytes, at most all there are; waits until they are free."""
        size = min(size, self._most)
        async with self._freed:
            await self._freed.wait_for(lambda: self._free >= size)
            self._free -= size
        try:
            yield
        finally:
            self._free += size
            async with self._freed:
                self._freed.notify_all()
