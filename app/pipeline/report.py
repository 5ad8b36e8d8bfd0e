"""What a job on its way tells the database: stages, progress, warnings."""

import asyncio
from collections.abc import Callable
from contextlib import ExitStack, suppress

from loguru import logger

from app.domain.errors import SpoolError
from app.domain.jobs import Job, JobWarning, Stage
from app.domain.metrics import AUDIO_IN, UNCOUNTED
from app.pipeline.pace import Paces
from app.pipeline.stage_clock import StageClock
from app.ports import JobStore, Meter

INTERVAL = 0.5  # seconds between two writes of progress


class ClaimLost(SpoolError):
    """Another run holds the job now; whatever this one finds is dropped."""

    code = "job.claim_lost"


class Stopping(SpoolError):
    """The service stops: what is finished is kept, the rest waits for the next start."""

    code = "service.stopping"


class JobReport:
    """Bound to one claimed job. Progress may be told as often as one likes."""

    def __init__(
        self,
        store: JobStore,
        job: Job,
        changed: Callable[[], None] = lambda: None,
        paces: Paces | None = None,
        lost: Callable[[], None] = lambda: None,
        meter: Meter = UNCOUNTED,
    ) -> None:
        """`changed` is called after each change that the database has, `lost` when progress is
        refused: another run holds the job."""
        self._store, self._job, self._changed = store, job, changed
        self._progress, self._seconds = job.progress, job.duration or 0.0
        self._paces, self._lost = paces or Paces(), lost
        self._meter, self._stages = meter, StageClock(meter)
        self._loop = asyncio.get_running_loop()
        self._writer: asyncio.Task[None] | None = None
        self._closed = False
        self.stage: Stage | None = None
        self._bound = ExitStack()

    async def enter(self, stage: Stage) -> None:
        """Log lines name the stage until the next one. Raises ClaimLost: no longer ours."""
        await self._held(self._store.advance(self._job, stage))
        self._changed()
        self.stage = stage
        self._stages.enter(stage)
        self._paces.move(self._job.job_id, self._progress, self._seconds)
        if stage is Stage.TRANSCRIBING:
            self._paces.begin(self._job.job_id, self._progress)
        self._unbind()
        self._bound.enter_context(logger.contextualize(stage=stage.value))
        logger.info("stage {}", stage.value)

    async def duration(self, seconds: float) -> None:
        self._seconds = seconds
        await self._held(self._store.note_duration(self._job, seconds))
        self._meter.add(AUDIO_IN, seconds)

    async def engine(self, provider: str, model: str) -> None:
        """It keeps this one, also when the default changes meanwhile."""
        if (self._job.provider, self._job.model) != (provider, model):
            await self._held(self._store.note_engine(self._job, provider, model))

    async def sha256(self, sha256: str, size: int) -> None:
        """Of the medium, and its bytes."""
        if (self._job.sha256, self._job.size) != (sha256, size):
            await self._held(self._store.note_sha256(self._job, sha256, size))

    async def warn(self, code: str, message: str) -> None:
        logger.warning("{}: {}", code, message)
        await self._held(self._store.warn(self._job, JobWarning(code=code, message=message)))

    def progress(self, fraction: float) -> None:
        """0..1 over the whole job; written a little later. May be called from any thread."""
        self._progress = max(self._progress, min(fraction, 1.0))
        self._loop.call_soon_threadsafe(self._begin_to_write)

    def _begin_to_write(self) -> None:
        if not self._closed and (self._writer is None or self._writer.done()):
            self._writer = self._loop.create_task(self._write())

    def _unbind(self) -> None:
        with suppress(ValueError):  # bound by another task: nothing to undo in this one
            self._bound.close()

    def hush(self) -> None:
        """The verdict comes: progress says nothing any more."""
        self._closed = True

    @property
    def hushed(self) -> bool:
        return self._closed

    async def aclose(self) -> None:
        self._closed = True
        self._stages.end()
        self._paces.end(self._job.job_id, heard=self.stage is Stage.EMBEDDING)
        self._unbind()
        if self._writer is not None:
            self._writer.cancel()
            await asyncio.gather(self._writer, return_exceptions=True)

    async def _write(self) -> None:
        written = -1.0
        while written != self._progress:
            written = self._progress
            self._paces.move(self._job.job_id, written, self._seconds)
            with suppress(SpoolError):  # the next write may work; the job does not depend on it
                if not await self._store.note_progress(self._job, written) and not self._closed:
                    self._lost()
                    return
                self._changed()
            await asyncio.sleep(INTERVAL)

    @staticmethod
    async def _held(verb: object) -> None:
        if not await verb:  # type: ignore[misc]
            raise ClaimLost("another run of the service took over this job")


def told(error: Exception) -> str:
    """For a warning; what was not planned is logged whole."""
    if isinstance(error, SpoolError):
        return error.message
    logger.exception("a fault of ours, not of the medium")
    return f"{type(error).__name__}: {error}"
