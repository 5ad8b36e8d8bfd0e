"""How long to wait before the next try, and trying later."""

import asyncio

from app.adapters.memory_queue import MemoryQueue
from app.services.backoff import Backoff, LaterQueue
from tests.contracts.jobs import new_id


def test_waits_grow_up_to_a_minute_however_often_it_failed() -> None:
    delays = [Backoff().delay(failures) for failures in (1, 2, 3, 7, 100_000)]
    assert delays == [1, 2, 4, 60, 60]


def test_what_failed_together_does_not_come_back_together() -> None:
    waits = {Backoff(first=8.0).jittered(1) for _ in range(200)}
    assert len(waits) > 100
    assert all(4.0 <= wait <= 8.0 for wait in waits)


async def test_a_job_comes_back_on_the_queue_after_its_wait() -> None:
    job_id, queue = new_id(), MemoryQueue()
    later = LaterQueue(queue, Backoff(first=0.0))
    later.put(job_id, 1)
    async with asyncio.timeout(30):
        assert await queue.dequeue() == {"job_id": job_id}


async def test_a_stop_does_not_wait_for_jobs_that_wait() -> None:
    queue = MemoryQueue()
    later = LaterQueue(queue, Backoff(first=3600.0, last=3600.0))
    later.put(new_id(), 1)
    async with asyncio.timeout(30):
        await asyncio.gather(*later._waiting)
    later.close()
    assert queue.size() == 0
