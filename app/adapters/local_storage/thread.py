"""Blocking calls, off the event loop."""

import asyncio
import contextlib
from collections.abc import Callable
from typing import ParamSpec, TypeVar

from anyio import CancelScope, to_thread

P = ParamSpec("P")
T = TypeVar("T")


async def in_thread(function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """A cancelled caller waits until the thread is done: nobody else may touch the file yet."""
    work = asyncio.ensure_future(to_thread.run_sync(lambda: function(*args, **kwargs)))
    try:
        return await asyncio.shield(work)
    except asyncio.CancelledError:
        with CancelScope(shield=True):
            while not work.done():
                with contextlib.suppress(asyncio.CancelledError):
                    await asyncio.wait({work})
        raise
