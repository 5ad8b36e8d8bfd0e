"""Waiting for a job to change, within this process."""

import asyncio
from collections import defaultdict


class JobWatch:
    """`tell` wakes everybody who waits on the job. Nothing is kept for late comers."""

    def __init__(self) -> None:
        self._waiting: dict[str, set[asyncio.Event]] = defaultdict(set)
        #: The service stops: nobody should wait any more.
        self.closed = False

    def close(self) -> None:
        """Wake everybody, for good."""
        self.closed = True
        for job_id in self._waiting:
            self.tell(job_id)

    def tell(self, job_id: str) -> None:
        for event in self._waiting.get(job_id, ()):
            event.set()

    def subscribe(self, job_id: str) -> "Subscription":
        return Subscription(self._waiting, job_id)


class Subscription:
    """`with` it first, then read the job, then `wait`: a change in between is not missed."""

    def __init__(self, waiting: dict[str, set[asyncio.Event]], job_id: str) -> None:
        self._waiting, self._job_id = waiting, job_id
        self._event = asyncio.Event()

    def __enter__(self) -> "Subscription":
        self._waiting[self._job_id].add(self._event)
        return self

    def __exit__(self, *_: object) -> None:
        self._waiting[self._job_id].discard(self._event)
        if not self._waiting[self._job_id]:
            del self._waiting[self._job_id]

    async def wait(self, timeout: float) -> None:  # noqa: ASYNC109 - the client sets it
        """Until the next change or `timeout` seconds, whichever comes first."""
        try:
            async with asyncio.timeout(timeout):  # `wait_for` can lose a cancellation on 3.11
                await self._event.wait()
        except TimeoutError:
            return
        self._event.clear()
