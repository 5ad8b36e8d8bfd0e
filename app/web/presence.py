"""A client that waits for its job: when it hangs up, nobody needs the job any more.

But for the end of the service: no work is lost, so the job goes on at the next start.
"""

import asyncio
from collections.abc import Coroutine
from contextlib import suppress
from typing import Any, Self, TypeVar

import anyio
from starlette.requests import ClientDisconnect, Request

from app.domain.errors import SpoolError, Unavailable
from app.domain.jobs import Job
from app.domain.transcript import Transcript
from app.services.follow import EventKind, JobEvent
from app.web.doors import doors

T = TypeVar("T")

STOPS = "the service stops, the job goes on when it starts again"


class GoesOnLater(Unavailable):
    """The service stops before the job has ended."""

    def __init__(self, job: Job) -> None:
        super().__init__(STOPS, hint=f"do not send it again: GET /api/v1/jobs/{job.job_id}")
        self.job = job


class Presence:
    """Follows a job once. Closed before the job has ended, it cancels the job."""

    def __init__(self, request: Request, job_id: str) -> None:
        self._request, self._job_id = request, job_id
        self._jobs = doors(request).jobs
        self._follower = doors(request).follower
        self._events = self._follower.follow(job_id)
        #: The job has ended, or goes on at the next start of the service.
        self._over = False

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        with anyio.CancelScope(shield=True):
            await self._events.aclose()
            if not self._over and not self._follower.closed:
                with suppress(SpoolError):  # it has ended meanwhile, or was deleted
                    await self._jobs.cancel(self._job_id)

    async def ended(self) -> Job:
        """Raises ClientDisconnect, and GoesOnLater when the service stops before that."""
        return (await while_there(self._request, self._until(EventKind.DONE))).job

    async def begun(self) -> JobEvent:
        """The first segment, or the end. Raises as `ended` does."""
        return await while_there(self._request, self._until(EventKind.SEGMENT, EventKind.DONE))

    async def next(self) -> JobEvent:
        """The last one is of kind DONE. Raises GoesOnLater when the service stops before it."""
        event = await anext(self._events, None)
        self._over = event is None or event.kind is EventKind.DONE
        if event is None:
            raise GoesOnLater(await self._jobs.get(self._job_id))  # or it was deleted
        return event

    async def transcript(self, job: Job) -> Transcript:
        """Raises Conflict when the job ended without one."""
        return await self._jobs.transcript(job)

    async def _until(self, *kinds: EventKind) -> JobEvent:
        while (event := await self.next()).kind not in kinds:
            pass
        return event


async def while_there(request: Request, work: Coroutine[Any, Any, T]) -> T:
    """Raises ClientDisconnect, and ends the work, when the client hangs up before it is done."""
    working = asyncio.ensure_future(work)
    listening = asyncio.ensure_future(_hung_up(request))
    try:
        await asyncio.wait({working, listening}, return_when=asyncio.FIRST_COMPLETED)
        if not working.done():
            raise ClientDisconnect
        return working.result()
    finally:
        for task in (working, listening):
            task.cancel()
        await asyncio.wait({working, listening})


async def _hung_up(request: Request) -> None:
    """The body is read, or of no matter: all else that comes from a client is its end."""
    while (await request.receive())["type"] != "http.disconnect":
        pass
