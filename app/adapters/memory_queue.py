"""The job queue inside this process. What it forgets, the database knows."""

import asyncio
import uuid


class MemoryQueue:
    def __init__(self) -> None:
        self._queue: asyncio.Queue[str] = asyncio.Queue()
        self._waiting: set[str] = set()

    async def enqueue(self, payload: dict[str, str]) -> None:
        """A job that waits already is not queued twice. Raises ValueError on a foreign payload."""
        job_id = _job_id(payload)
        if job_id not in self._waiting:
            self._waiting.add(job_id)
            self._queue.put_nowait(job_id)

    async def dequeue(self) -> dict[str, str]:
        job_id = await self._queue.get()
        self._waiting.discard(job_id)
        return {"job_id": job_id}

    def size(self) -> int:
        return self._queue.qsize()


def _job_id(payload: dict[str, str]) -> str:
    if payload.keys() != {"job_id"} or not _is_uuid(payload["job_id"]):
        raise ValueError(f'a payload is exactly {{"job_id": "<uuid>"}}, not {payload!r}')
    return payload["job_id"]


def _is_uuid(text: object) -> bool:
    try:
        return isinstance(text, str) and str(uuid.UUID(text)) == text
    except ValueError:
        return False
