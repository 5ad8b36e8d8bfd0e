"""The job queue inside this process. What it forgets, the database knows."""

import asyncio
import heapq
from itertools import count

from app.domain.jobs import Priority
from app.domain.payload import job_id_in


class MemoryQueue:
    lasting = False

    def __init__(self) -> None:
        self._heap: list[tuple[int, int, str]] = []
        self._waiting: set[str] = set()
        self._age = count()
        self._added = asyncio.Event()

    async def enqueue(
        self, payload: dict[str, str], priority: Priority = Priority.NORMAL, after: float = 0.0
    ) -> None:
        """A job that waits already is not queued twice. Raises ValueError on a foreign payload."""
        job_id = job_id_in(payload)
        if after > 0.0:
            asyncio.get_running_loop().call_later(after, self._put, job_id, priority)
        else:
            self._put(job_id, priority)

    def _put(self, job_id: str, priority: Priority) -> None:
        if job_id not in self._waiting:
            self._waiting.add(job_id)
            heapq.heappush(self._heap, (priority.rank, next(self._age), job_id))
            self._tell()

    async def dequeue(self, lowest: Priority = Priority.BATCH) -> dict[str, str]:
        while not self._heap or self._heap[0][0] > lowest.rank:
            await self._added.wait()
        _, _, job_id = heapq.heappop(self._heap)
        self._waiting.discard(job_id)
        return {"job_id": job_id}

    def size(self) -> int:
        return len(self._heap)

    def nudge(self) -> None:
        """Nobody else puts anything in."""

    def _tell(self) -> None:
        """Wakes all who wait, in the order in which they came."""
        self._added.set()
        self._added.clear()
