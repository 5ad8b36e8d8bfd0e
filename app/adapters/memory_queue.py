"""The job queue inside this process. What it forgets, the database knows."""

import asyncio
import heapq
import uuid
from itertools import count

from app.domain.jobs import Priority


class MemoryQueue:
    def __init__(self) -> None:
        self._heap: list[tuple[int, int, str]] = []
        self._waiting: set[str] = set()
        self._age = count()
        self._added = asyncio.Event()

    async def enqueue(self, payload: dict[str, str], priority: Priority = Priority.NORMAL) -> None:
        """A job that waits already is not queued twice. Raises ValueError on a foreign payload."""
        job_id = _job_id(payload)
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

    def _tell(self) -> None:
        """Wakes all who wait, in the order in which they came."""
        self._added.set()
        self._added.clear()


def _job_id(payload: dict[str, str]) -> str:
    if payload.keys() != {"job_id"} or not _is_uuid(payload["job_id"]):
        raise ValueError(f'a payload is exactly {{"job_id": "<uuid>"}}, not {payload!r}')
    return payload["job_id"]


def _is_uuid(text: object) -> bool:
    try:
        return isinstance(text, str) and str(uuid.UUID(text)) == text
    except ValueError:
        return False
