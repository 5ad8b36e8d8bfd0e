"""What one instance does for all: by whoever leads, and for as long as it does."""

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass
from typing import Any

from loguru import logger

from app.ports import Leadership


@dataclass
class Leading:
    """Whether this instance does."""

    now: bool = False


async def do_duties(
    leadership: Leadership,
    duties: Callable[[], Sequence[Coroutine[Any, Any, None]]],
    leading: Leading | None = None,
) -> None:
    """For ever. Cancel it to stop: what is under way is cut off, as at a lost leadership.

    `leading` is kept true to what is.
    """
    leading = leading or Leading()
    while True:
        async with leadership.held() as lost:
            logger.debug("this instance leads")
            leading.now = True
            tasks = [begun(duty) for duty in duties()]
            try:
                await lost.wait()
            finally:
                leading.now = False
                await _end(tasks)


def begun(work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
    """Where it ends by a fault of ours, that is told at once, not when the service stops."""
    task = asyncio.create_task(work)
    task.add_done_callback(_told)
    return task


def _told(task: asyncio.Task[None]) -> None:
    if not task.cancelled() and (fault := task.exception()):
        logger.opt(exception=fault).error("a part of the service does nothing more: {}", fault)


async def _end(tasks: Sequence[asyncio.Task[None]]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
