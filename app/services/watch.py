"""Waiting for a job to change."""

import asyncio
from collections import defaultdict
from collections.abc import Callable

LOOK = 5.0  # seconds between two looks at a job of which nothing is heard


def _nobody(job_id: str) -> None:
    """There are no others."""


class JobWatch:
    """`tell` wakes everybody who waits on the job. Nothing is kept for late comers."""

    def __init__(self) -> None:
        self._waiting: dict[str, set[asyncio.Event]] = defaultdict(set)
        #: The service stops: nobody should wait any more.
        self.closed = False
        #: Tells other instances, too: that it changed, and that it is no more.
        self.abroad: Callable[[str], None] = _nobody
        self.gone_abroad: Callable[[str], None] = _nobody

    def close(self) -> None:
        """Wake everybody, for good."""
        self.closed = True
        self.heard_all()

    def tell(self, job_id: str) -> None:
        """It changed, and this instance did it."""
        self.heard(job_id)
        self.abroad(job_id)

    def gone(self, job_id: str) -> None:
        """This instance deleted it."""
        self.heard(job_id)
        self.gone_abroad(job_id)

    def heard_all(self) -> None:
        """Anything may have changed."""
        for job_id in self._waiting:
            self.heard(job_id)

    def heard(self, job_id: str) -> None:
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
