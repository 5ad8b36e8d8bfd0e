"""Who waits for a free place: first come, first served, however many places there are by then."""

import asyncio


class Line:
    def __init__(self) -> None:
        self._places = 0
        self._free = asyncio.Semaphore(0)

    def have(self, places: int) -> None:
        """More than before are open at once. Fewer are not: the cluster has a line, too."""
        while self._places < places:
            self._places += 1
            self._free.release()

    async def __aenter__(self) -> None:
        await self._free.acquire()

    async def __aexit__(self, *_: object) -> None:
        self._free.release()
