"""Gives back the memory of engines that nobody needs."""

import asyncio

from app.services.engines import EngineShelf

LOOKS = 10  # in the time after which an engine is let go
SELDOM = 30.0  # seconds between two looks, at most


async def unload_idle(engines: EngineShelf, after: float) -> None:
    """For ever: lets go of each engine that had no lease for `after` seconds; 0 keeps them all."""
    while after:
        await asyncio.sleep(min(after / LOOKS, SELDOM))
        await engines.unload(after)
