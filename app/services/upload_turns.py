"""Whose turn it is to write to an upload."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from app.domain.errors import Conflict

PATIENCE = 5.0  # seconds for another request to stop


def taken() -> Conflict:
    return Conflict(
        "another request is at work on this upload",
        code="upload.locked",
        hint="try again in a few seconds",
    )


class Turn:
    """Held by one request."""

    def __init__(self) -> None:
        self.over = asyncio.Event()
        #: Somebody else has come: keep what is there, and leave.
        self._wanted = False
        self._waiting: asyncio.Timeout | None = None

    def want(self) -> None:
        if not self._wanted:
            self._wanted = True
            if self._waiting is not None:
                self._waiting.reschedule(0)  # at once

    async def chunks(self, source: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
        """The same bytes. Raises Conflict once somebody else wants the turn, however long the
        next byte takes."""
        while (chunk := await self._next(source)) is not None:
            yield chunk

    async def _next(self, source: AsyncIterator[bytes]) -> bytes | None:
        if self._wanted:
            raise taken()
        try:
            async with asyncio.timeout(None) as self._waiting:
                return await anext(source, None)
        except TimeoutError as error:
            if self._wanted:
                raise taken() from error
            raise
        finally:
            self._waiting = None


class Turns:
    """One at a time for each upload.

    Who comes later is right: a client comes again because the connection that it wrote to is
    dead, and the service may be the last to know.
    """

    def __init__(self, patience: float = PATIENCE) -> None:
        self._patience = patience
        self._held: dict[str, Turn] = {}

    @asynccontextmanager
    async def take(self, upload_id: str) -> AsyncIterator[Turn]:
        """Asks who has it to stop. Raises Conflict when that takes too long."""
        await self._freed(upload_id)
        turn = self._held[upload_id] = Turn()
        try:
            yield turn
        finally:
            del self._held[upload_id]
            turn.over.set()

    async def _freed(self, upload_id: str) -> None:
        try:
            async with asyncio.timeout(self._patience):
                while holder := self._held.get(upload_id):
                    holder.want()
                    await holder.over.wait()
        except TimeoutError as error:
            raise taken() from error
