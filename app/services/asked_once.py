"""A question that may hang: it is asked once, however often somebody comes."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, Generic, TypeVar

T = TypeVar("T")


class AskedOnce(Generic[T]):
    """Never cut short: a transaction that is cancelled is waited for, and that may take long."""

    def __init__(self, ask: Callable[[], Coroutine[Any, Any, T]]) -> None:
        self._ask = ask
        self._asked: asyncio.Task[T] | None = None

    async def within(self, seconds: float) -> T:
        """The answer, also to a question that was asked before. Raises TimeoutError when there is
        none in that time, and as `ask` does."""
        if self._asked is None or self._asked.done():
            self._asked = asyncio.create_task(self._ask())
            self._asked.add_done_callback(_seen)
        asked = self._asked
        await asyncio.wait({asked}, timeout=seconds)
        if not asked.done():
            raise TimeoutError
        return asked.result()


def _seen(asked: asyncio.Task[Any]) -> None:
    """Whoever waited may have left: that it failed then is nobody's news."""
    if not asked.cancelled():
        asked.exception()
