"""What words look like, as far as that can be told without waiting."""

import asyncio
from typing import Protocol

from app.domain.errors import SpoolError
from app.ports import Vector, VisualEmbedder

WORDS_TAKE = 0.05  # seconds
#: Seconds. A large picture that is looked at just then takes a minute.
PATIENCE = 1.0
#: Queries that are looked at within that; one more would wait for nothing, and is told so at once.
MOST_WAITING = round(PATIENCE / WORDS_TAKE)


class Eyes(VisualEmbedder, Protocol):
    """A model for pictures that may still be on its way."""

    def now(self) -> VisualEmbedder:
        """Raises Unavailable, with the reason, while it is not there."""
        ...


class Busy(Exception):
    """Pictures are being looked at."""


class Glances:
    """One worker looks at pictures and at words in turn: no search waits for it for long.

    What it was asked is not taken back, for a worker that is torn from its work has to load its
    model anew.
    """

    def __init__(self, eyes: VisualEmbedder, patience: float = PATIENCE) -> None:
        self._eyes, self._patience = eyes, patience
        self._under_way: set[asyncio.Task[Vector | None]] = set()

    async def at(self, text: str) -> Vector | None:
        """None where the model fails; words find pictures by what is told of them, too.

        Raises Busy.
        """
        if len(self._under_way) >= MOST_WAITING:
            raise Busy
        task = asyncio.create_task(self._imagined(text))
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)
        await asyncio.wait({task}, timeout=self._patience)
        if not task.done():
            raise Busy
        return task.result()

    async def _imagined(self, text: str) -> Vector | None:
        try:
            return await self._eyes.imagine(text)
        except SpoolError:
            return None
