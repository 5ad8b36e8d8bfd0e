"""Named pipes by which processes say that they are there."""

import asyncio
import os


async def told(pipe: str | os.PathLike[str]) -> str:
    """What is written to `pipe` first, in one piece.

    A read in a thread could not be ended when nobody writes: the test would hang, not fail.
    """
    readable, reader = asyncio.Event(), os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    loop = asyncio.get_running_loop()
    loop.add_reader(reader, readable.set)
    try:
        await readable.wait()
        return os.read(reader, 4096).decode()
    finally:
        loop.remove_reader(reader)
        os.close(reader)
