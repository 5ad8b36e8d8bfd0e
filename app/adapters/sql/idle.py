"""Places that wait for something to do: what is told wakes one of them, not all."""

import asyncio

from app.domain.jobs import Priority


class Idle:
    """Whoever finds something wakes the next. The first to be woken is one that takes anything:
    where it finds nothing, there is nothing for the others either."""

    def __init__(self) -> None:
        #: How often something was told.
        self.told = 0
        #: Who waits, with the rank of the least that he takes, in the order in which they came.
        self._waiting: dict[asyncio.Event, int] = {}

    def __len__(self) -> int:
        return len(self._waiting)

    def tell(self) -> None:
        self.told += 1
        self.wake()

    def wake(self) -> None:
        if self._waiting:
            first = max(self._waiting, key=self._waiting.__getitem__)
            del self._waiting[first]
            first.set()

    async def wait(self, lowest: Priority, seconds: float) -> None:
        """Until it is this one's turn, or so long."""
        woken = asyncio.Event()
        self._waiting[woken] = lowest.rank
        try:
            async with asyncio.timeout(seconds):
                await woken.wait()
        except TimeoutError:
            return
        except asyncio.CancelledError:
            if woken.is_set():  # somebody else must look in its place
                self.wake()
            raise
        finally:
            self._waiting.pop(woken, None)
