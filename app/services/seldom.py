"""Figures that are dear to ask for."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

T = TypeVar("T")

#: Times as long as the last answer took, the next one is not asked for.
SHARE = 20


class Seldom(Generic[T]):
    """Asks every so often, and tells in between what it was told."""

    def __init__(
        self,
        ask: Callable[[], Awaitable[T]],
        every: float,
        timer: Callable[[], float] = time.monotonic,
    ) -> None:
        """`every` in seconds, as `timer` tells."""
        self._ask, self._every, self._timer = ask, every, timer
        #: And when it is asked again.
        self._told: tuple[T, float] | None = None
        self._turn = asyncio.Lock()

    async def get(self) -> T:
        """While one caller waits for an answer, all others have the last one, if there is any.

        What fails is asked again by the next caller.
        """
        if self._told and (self._turn.locked() or self._timer() < self._told[1]):
            return self._told[0]
        async with self._turn:
            began = self._timer()
            if self._told is None or began >= self._told[1]:
                found, now = await self._ask(), self._timer()
                self._told = found, now + max(self._every, SHARE * (now - began))
            return self._told[0]
