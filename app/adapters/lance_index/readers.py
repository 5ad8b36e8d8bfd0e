"""Who reads the table: of what is replaced, each goes on with what there was when it began."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager


class Readers:
    def __init__(self) -> None:
        self._reading: set[asyncio.Future[None]] = set()

    @contextmanager
    def reading(self) -> Iterator[None]:
        """For as long as the block runs."""
        one = asyncio.get_running_loop().create_future()
        self._reading.add(one)
        try:
            yield
        finally:
            self._reading.discard(one)
            one.set_result(None)

    async def done(self, patience: float) -> bool:
        """Whether all who read now are done within so many seconds. Those who come do not count."""
        if not self._reading:
            return True
        _, late = await asyncio.wait(set(self._reading), timeout=patience)
        return not late
