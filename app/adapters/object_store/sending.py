"""A file of unknown length on its way to a bucket: whole, or not at all."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from contextlib import suppress
from functools import partial
from typing import Any, TypeAlias

import obstore
from loguru import logger

from app.adapters.object_store.store import Store

#: The least that S3 takes as a part that is not the last.
PART = 5 * 1024 * 1024  # bytes
AT_ONCE = 3  # parts of a file under way
#: A sending that was given up may come to an end for so long; then its requests are dropped.
PATIENCE = 10.0  # seconds

#: On their way from the source to the store; None: that was the last.
Blocks: TypeAlias = asyncio.Queue[bytes | None]


class _GivenUp(Exception):
    """Raised in the stream that a store reads: it takes back what it has got so far."""


async def send(store: Store, key: str, blocks: AsyncGenerator[bytes, None]) -> int:
    """Put all of `blocks`, of `PART` bytes and more but for the last; returns how many bytes.

    A file of one block is one request. Whatever `blocks` raises is raised, a cancellation as well,
    once the store has taken back what it had got; one that comes while the last is on its way
    finds a whole file there. A store that does not answer is waited for `PATIENCE` seconds then,
    and what it has got it may keep. Raises what obstore does.
    """
    first = await anext(blocks, b"")
    second = await anext(blocks, None)
    if second is None:
        await _to_its_end(asyncio.ensure_future(obstore.put_async(store, key, first)))
        return len(first)
    return await _in_parts(store, key, [first, second], blocks)


async def _in_parts(
    store: Store, key: str, begun: list[bytes], blocks: AsyncGenerator[bytes, None]
) -> int:
    """The source is read in the task of its owner, whose time limits it may be under."""
    queue: Blocks = asyncio.Queue(1)
    stop = asyncio.Event()
    sending = asyncio.ensure_future(_put(store, key, _taken(queue, stop)))
    try:
        size = await _all_given(partial(_given, queue, sending), begun, blocks)
        await asyncio.shield(sending)
    except BaseException:
        stop.set()
        await _waited_for(sending)
        raise
    return size


async def _all_given(
    give: Callable[[bytes | None], Awaitable[bool]],
    begun: list[bytes],
    blocks: AsyncGenerator[bytes, None],
) -> int:
    """How many bytes, up to where nobody took them any more."""
    size = 0
    for block in begun:
        size += len(block)
        if not await give(block):
            return size
    async for block in blocks:
        size += len(block)
        if not await give(block):
            return size
    await give(None)
    return size


async def _put(store: Store, key: str, stream: AsyncIterator[bytes]) -> Any:
    return await obstore.put_async(
        store, key, stream, use_multipart=True, chunk_size=PART, max_concurrency=AT_ONCE
    )


async def _taken(queue: Blocks, stop: asyncio.Event) -> AsyncIterator[bytes]:
    """What is given, up to None. Raises _GivenUp once it is to stop."""
    stopping = asyncio.ensure_future(stop.wait())
    try:
        while True:
            getting = asyncio.ensure_future(queue.get())
            await asyncio.wait({getting, stopping}, return_when=asyncio.FIRST_COMPLETED)
            if stopping.done():
                getting.cancel()
                raise _GivenUp
            if (block := getting.result()) is None:
                return
            yield block
    finally:
        stopping.cancel()


async def _given(queue: Blocks, sending: "asyncio.Future[Any]", block: bytes | None) -> bool:
    """False when nobody takes it: the sending has failed."""
    giving = asyncio.ensure_future(queue.put(block))
    try:
        await asyncio.wait({giving, sending}, return_when=asyncio.FIRST_COMPLETED)
        return not sending.done()
    finally:
        giving.cancel()


async def _to_its_end(sending: "asyncio.Future[Any]") -> None:
    """Nobody knows whether a request that is dropped was carried out."""
    try:
        await asyncio.shield(sending)
    except asyncio.CancelledError:
        await _waited_for(sending)
        raise


async def _waited_for(sending: "asyncio.Future[Any]") -> None:
    """However often the waiting is cancelled, but not for ever: a stop would hang as long as its
    requests do. What became of it is not asked."""
    sending.add_done_callback(_unasked)
    clock = asyncio.get_running_loop().time
    until = clock() + PATIENCE
    while not sending.done() and clock() < until:
        with suppress(asyncio.CancelledError):
            await asyncio.wait({sending}, timeout=until - clock())
    if sending.cancel():
        logger.warning("the object store: no answer to what was given up")


def _unasked(sending: "asyncio.Future[Any]") -> None:
    if not sending.cancelled():
        sending.exception()
