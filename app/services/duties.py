"""What one instance does for all: by whoever leads, and for as long as it does."""

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from typing import Any

from loguru import logger

from app.ports import Leadership


async def do_duties(
    leadership: Leadership, duties: Callable[[], Sequence[Coroutine[Any, Any, None]]]
) -> None:
    """For ever. Cancel it to stop: what is under way is cut off, as at a lost leadership."""
    while True:
        async with leadership.held() as lost:
            logger.debug("this instance leads")
            tasks = [asyncio.create_task(duty) for duty in duties()]
            try:
                await lost.wait()
            finally:
                await _end(tasks)


async def _end(tasks: Sequence[asyncio.Task[None]]) -> None:
    for task in tasks:
        task.cancel()
    for ended in await asyncio.gather(*tasks, return_exceptions=True):
        if isinstance(ended, Exception):
            logger.opt(exception=ended).error("a duty had ended")
