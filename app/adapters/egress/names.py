"""Host names to addresses, looked up in threads of their own.

The system's lookup cannot be stopped: a name whose servers keep silent holds its thread for as long
as they like. In the threads that all else shares, a few such names would hold up the service.
"""

import asyncio
import errno
import socket
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import Future
from contextlib import suppress
from functools import partial
from threading import Thread
from typing import TypeAlias

#: Host and port to literal addresses. Raises OSError.
Resolver: TypeAlias = Callable[[str, int], Awaitable[Sequence[str]]]
Lookup: TypeAlias = Callable[[str, int], Sequence[str]]

WAIT = 10.0  # seconds
MOST = 32  # threads; whoever comes later waits for one, within the same time


def looked_up(host: str, port: int) -> Sequence[str]:
    """By the system; takes as long as that takes."""
    return _addresses(host, port, 0)


def read_as_number(host: str, port: int) -> Sequence[str]:
    """What the system takes for an address already, in every odd spelling; empty for a name."""
    try:
        return _addresses(host, port, socket.AI_NUMERICHOST)
    except (OSError, UnicodeError):
        return []


class Names:
    """Implements `Resolver`; at most `MOST` threads, and no call longer than `WAIT`."""

    def __init__(self, lookup: Lookup = looked_up, *, wait: float = WAIT, most: int = MOST) -> None:
        """`wait`: seconds for one answer; `most`: threads at a time."""
        self._lookup, self._wait = lookup, wait
        self._places = asyncio.Semaphore(most)

    async def __call__(self, host: str, port: int) -> Sequence[str]:
        """Raises OSError, of which TimeoutError is one."""
        if number := read_as_number(host, port):
            return number
        async with asyncio.timeout(self._wait):
            await self._places.acquire()
            return await self._in_a_thread(partial(self._lookup, host, port))

    async def _in_a_thread(self, work: Callable[[], Sequence[str]]) -> Sequence[str]:
        """The place is free again when the thread has ended, however long nobody waits for it."""
        loop, answer = asyncio.get_running_loop(), Future[Sequence[str]]()
        answer.set_running_or_notify_cancel()  # who gives up must not take the answer away

        def run() -> None:
            try:
                answer.set_result(work())
            except Exception as error:
                answer.set_exception(error)
            with suppress(RuntimeError):  # the loop has ended meanwhile
                loop.call_soon_threadsafe(self._places.release)

        try:
            Thread(target=run, name="spool-names", daemon=True).start()  # the end waits for no name
        except RuntimeError as error:
            self._places.release()
            raise OSError(errno.EAGAIN, str(error)) from error
        return await asyncio.wrap_future(answer)


def _addresses(host: str, port: int, flags: int) -> Sequence[str]:
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=flags)
    return list(dict.fromkeys(str(address[0]) for *_, address in found))
