"""No key keeps more than it may."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field

from app.domain.errors import Forbidden
from app.domain.jobs import Job
from app.domain.metrics import QUOTA_REFUSALS, UNCOUNTED
from app.domain.quotas import USUAL, Quota, Usage
from app.domain.requester import granted, requester
from app.ports import Meter

CHECK_EVERY = 16 * 1024 * 1024  # bytes of an upload between two looks


@dataclass(kw_only=True)
class Coming:
    """On its way to be a job of this key."""

    key: str
    usage: Usage
    #: Its row is being written: it may be among what is committed already.
    landing: bool = False
    let_go: asyncio.Event = field(default_factory=asyncio.Event)


async def _no_own(key: str) -> Quota:
    return USUAL


class Quotas:
    """What is on its way counts as if it was kept, so that no two get the same room. Of what comes
    to another instance at this moment nothing is known.

    All verbs but `fetched` are about the key with which the request came; where there is none, all
    may pass.
    """

    def __init__(
        self,
        used: Callable[[str], Awaitable[Usage]],
        usual: Quota,
        meter: Meter = UNCOUNTED,
        own: Callable[[str], Awaitable[Quota]] = _no_own,
    ) -> None:
        """`used`: by what is committed; `usual`: for keys that are told nothing else; `own`: that
        of a key."""
        self._used, self._usual, self._meter, self._own = used, usual, meter, own
        self._coming: dict[str, Coming] = {}  # by the id of the job
        self._arrived = 0

    async def check(self, size: int = 0) -> None:
        """Raises Forbidden when a job more, of so many bytes, would be too much by now."""
        await self._fits("", Usage(jobs=1, bytes=size))

    async def hold(self, job_id: str, size: int) -> None:
        """The same, and it is held free until `let_go`; of what is held, its new size."""
        more = Usage(jobs=1, bytes=size)
        if key := await self._fits(job_id, more):
            self._coming[job_id] = Coming(key=key, usage=more)

    def land(self, job_id: str) -> None:
        """Its row is about to be written. `let_go` follows, whatever comes of that."""
        if coming := self._coming.get(job_id):
            coming.landing = True

    def let_go(self, job_id: str) -> None:
        """It is committed, or comes to nothing."""
        if coming := self._coming.pop(job_id, None):
            self._arrived += 1
            coming.let_go.set()

    async def guarded(self, job_id: str, chunks: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
        """The same bytes, held free as they come; Forbidden as soon as they are too many."""
        size = unseen = 0
        await self.hold(job_id, size)
        async for chunk in chunks:
            size, unseen = size + len(chunk), unseen + len(chunk)
            if unseen >= CHECK_EVERY:
                unseen = 0
                await self.hold(job_id, size)
            yield chunk
        await self.hold(job_id, size)

    async def fetched(self, job: Job, size: int) -> None:
        """So many bytes were behind the URL of a job, which counts already. Raises Forbidden. Jobs
        that come here at the same moment do not know of each other."""
        if job.requester is None or job.size is not None:
            return
        most = (await self._own(job.requester)).over(self._usual).bytes
        if not most:
            return
        try:
            Quota(bytes=most).check(await self._kept(job.requester), Usage(bytes=size))
        except Forbidden as error:
            raise self._counted(error) from None

    async def _fits(self, job_id: str, more: Usage) -> str | None:
        """Returns the key whose quota it is, if any. Nothing is awaited between what it finds, and
        its return."""
        key, quota = requester.get(), granted.get().over(self._usual)
        if key is None or not quota:
            return None
        while True:
            used = await self._kept(key) + self._others(key, job_id)
            try:
                quota.check(used, more)
                return key
            except Forbidden as error:
                if not await self._landed(key, job_id):
                    raise self._counted(error) from None

    async def _landed(self, key: str, job_id: str) -> bool:
        """Waits for another one that may just have counted twice. False: there is none."""
        for name, coming in self._coming.items():
            if coming.key == key and name != job_id and coming.landing:
                return await coming.let_go.wait()
        return False

    def _counted(self, error: Forbidden) -> Forbidden:
        self._meter.add(QUOTA_REFUSALS)
        return error

    async def _kept(self, key: str) -> Usage:
        """Looked at again when something was committed meanwhile: it is no longer on its way, and
        may not have been seen."""
        while True:
            before = self._arrived
            used = await self._used(key)
            if self._arrived == before:
                return used

    def _others(self, key: str, job_id: str) -> Usage:
        theirs = (
            coming.usage
            for name, coming in self._coming.items()
            if coming.key == key and name != job_id
        )
        return sum(theirs, Usage())
