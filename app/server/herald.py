"""uvicorn, telling those who wait for news that it stops."""

import socket
from collections.abc import Callable

import uvicorn


class HeraldServer(uvicorn.Server):
    """At its end it waits for answers under way: `stopping` is called before."""

    def __init__(self, config: uvicorn.Config, stopping: Callable[[], None]) -> None:
        super().__init__(config)
        self._stopping = stopping

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._stopping()
        await super().shutdown(sockets)
