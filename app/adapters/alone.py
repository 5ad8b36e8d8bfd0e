"""One instance, alone on its database: there is nobody to tell anything, and it leads."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from app.domain.instances import Told


class NoNews:
    """Implements `ports.JobNews`."""

    def tell(self, kind: Told, subject: str = "") -> None:
        """Nobody listens."""

    async def listen(self, heard: Callable[[Told, str], None]) -> None:
        await asyncio.Event().wait()

    async def aclose(self) -> None:
        """Nothing is under way."""


class SoleLeader:
    """Implements `ports.Leadership`."""

    @asynccontextmanager
    async def held(self) -> AsyncIterator[asyncio.Event]:
        yield asyncio.Event()
