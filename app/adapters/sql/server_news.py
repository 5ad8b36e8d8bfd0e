"""News between instances by LISTEN and NOTIFY, behind the `JobNews` port."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Sequence

from loguru import logger
from psycopg import Notify

from app.adapters.sql.server_line import AGAIN, connected, translated
from app.domain.errors import SpoolError
from app.domain.instances import Told

CHANNEL = "spool"
#: Seconds: what is told within them goes out together, and once. Commits of notices are made one
#: after the other in the whole server.
TOGETHER = 0.1
MOST = 1000  # notices at once; of more, all are told to look at everything


class PostgresNews:
    """`send` hands notices to the server. What an instance tells it does not hear itself."""

    def __init__(
        self, url: str, *, sender: str, send: Callable[[Sequence[str]], Awaitable[None]]
    ) -> None:
        self._url, self._sender, self._send = url, sender, send
        self._waiting: dict[tuple[Told, str], None] = {}
        self._sending: asyncio.Task[None] | None = None

    def tell(self, kind: Told, subject: str = "") -> None:
        self._waiting[kind, subject] = None
        if self._sending is None or self._sending.done():
            self._sending = asyncio.get_running_loop().create_task(self._go_out())

    async def aclose(self) -> None:
        """What is still to be told goes out."""
        if self._sending is not None:
            await asyncio.gather(self._sending, return_exceptions=True)

    async def listen(self, heard: Callable[[Told, str], None]) -> None:
        while True:
            try:
                with translated():
                    await self._hear(heard)
            except SpoolError as error:
                logger.warning("news of other instances: {}", error.message)
            await asyncio.sleep(AGAIN)

    async def _hear(self, heard: Callable[[Told, str], None]) -> None:
        async with await connected(self._url) as line:
            await line.execute(f"LISTEN {CHANNEL}".encode())
            heard(Told.ALL, "")
            async for notice in line.notifies():
                self._hand_on(notice, heard)

    def _hand_on(self, notice: Notify, heard: Callable[[Told, str], None]) -> None:
        try:
            sender, kind, subject = json.loads(notice.payload)
            if sender != self._sender:
                heard(Told(kind), subject)
        except (ValueError, TypeError):  # of a newer Spool
            heard(Told.ALL, "")

    async def _go_out(self) -> None:
        while self._waiting:
            await asyncio.sleep(TOGETHER)
            told, self._waiting = list(self._waiting), {}
            if len(told) > MOST:
                told = [(Told.ALL, "")]
            try:
                await self._send([json.dumps([self._sender, *each]) for each in told])
            except SpoolError as error:  # others look by themselves, only later
                logger.debug("others were not told: {}", error.message)
