"""How long to wait before the next try, and trying later."""

import asyncio
import random
from dataclasses import dataclass

from app.domain.jobs import Priority
from app.ports import JobQueue


@dataclass(frozen=True, kw_only=True)
class Backoff:
    """Seconds: the first wait, doubled with each failure in a row, up to the last."""

    first: float = 1.0
    last: float = 60.0

    def delay(self, failures: int) -> float:
        return min(self.last, self.first * 2.0 ** min(failures - 1, 10))

    def jittered(self, failures: int) -> float:
        """Half to all of it, so that what failed together does not come back together."""
        return self.delay(failures) * random.uniform(0.5, 1.0)


class LaterQueue:
    """Puts jobs back on the queue after a while. Nothing is lost by a stop: the rows stay."""

    def __init__(self, queue: JobQueue, backoff: Backoff) -> None:
        self._queue, self._backoff = queue, backoff
        self._waiting: set[asyncio.Task[None]] = set()

    def wait(self, failures: int) -> float:
        """Seconds, for `put_after`."""
        return self._backoff.jittered(failures)

    def put(self, job_id: str, failures: int, priority: Priority = Priority.NORMAL) -> None:
        self.put_after(job_id, self.wait(failures), priority)

    def put_after(self, job_id: str, seconds: float, priority: Priority) -> None:
        task = asyncio.create_task(self._put(job_id, priority, seconds))
        self._waiting.add(task)
        task.add_done_callback(self._waiting.discard)

    def close(self) -> None:
        for task in self._waiting:
            task.cancel()

    async def _put(self, job_id: str, priority: Priority, delay: float) -> None:
        await self._queue.enqueue({"job_id": job_id}, priority, after=delay)
