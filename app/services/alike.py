"""Jobs that have done already what is asked for: named by the same key, or the same bytes, heard
in the same way."""

from collections.abc import Awaitable, Callable, Sequence

from app.domain.errors import InvalidRequest
from app.domain.jobs import IdempotencyKey, Job, JobOptions, JobStatus, Priority
from app.domain.media_types import SPOKEN
from app.ports import AssetStore, JobStore

CAME_TO_NOTHING = (JobStatus.FAILED, JobStatus.CANCELLED)


class AlikeJobs:
    """`engine_for` tells which engine a wish for provider and model gets now."""

    def __init__(
        self,
        store: JobStore,
        assets: AssetStore,
        engine_for: Callable[[str | None, str | None], Awaitable[tuple[str, str]]],
    ) -> None:
        self._store, self._assets, self._engine_for = store, assets, engine_for

    async def named(self, request: IdempotencyKey | None) -> Job | None:
        """The job that is the answer to this request already. Raises InvalidRequest when its key
        stands for another."""
        return await self._store.answered(request) if request else None

    async def known(self, key: str | None) -> bool:
        """Whether an Idempotency-Key stands for some request already."""
        if key is None:
            return False
        try:
            return await self._store.answered(IdempotencyKey(key=key, digest="")) is not None
        except InvalidRequest:  # it does, and this one is none
            return True

    async def find(
        self, sha256: str | None, options: JobOptions, request: IdempotencyKey | None = None
    ) -> Job | None:
        """The newest completed job on these bytes with these options, whatever its priority, on
        the engine that they would get now; None also when a later job replaced what it found.

        It is the answer to `request` from now on.
        """
        found = await self._newest(sha256, options)
        return await self._store.answer(request, found.job_id) if found and request else found

    async def _newest(self, sha256: str | None, options: JobOptions) -> Job | None:
        if sha256 is None:
            return None
        engine = await self._engine_for(options.provider, options.model)
        for job in await self._store.completed_with(sha256):
            heard = job.media_type not in SPOKEN or (job.provider, job.model) == engine
            same = heard and _asked(job.options) == _asked(options)
            if same and await self._assets.of_job(job.job_id):
                return job
        return None


async def not_replaced(store: JobStore, jobs: Sequence[Job]) -> tuple[Job, ...]:
    """Those whose asset no later job takes, or has taken, in anew."""
    newest = await store.newest([job.asset_id for job in jobs], living=True)
    return tuple(job for job in jobs if not _is_later(newest.get(job.asset_id, job), job))


def _is_later(one: Job, other: Job) -> bool:
    return (one.created_at, one.job_id) > (other.created_at, other.job_id)


def _asked(options: JobOptions) -> JobOptions:
    """What decides about the result, but for the engine."""
    return options.evolve(priority=Priority.NORMAL, provider=None, model=None, webhook_url=None)
