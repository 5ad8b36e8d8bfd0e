"""How the service is, in one answer that costs next to nothing."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from app import __version__
from app.domain.jobs import Job, JobStatus
from app.ports import JobQueue, JobStore, WorkerPool
from app.services.arriving import Arriving, ArrivingDetector, ArrivingEmbedder, ArrivingIndex
from app.services.disk import DiskGuard
from app.services.engines import EngineShelf
from app.services.worker import JobWorker

MOST_RUNNING = 100  # that are told; several instances may run more


@dataclass(frozen=True, kw_only=True)
class Load:
    """What the service is busy with."""

    running: tuple[Job, ...]
    #: Jobs that are pending, key-frames among them.
    waiting: int
    workers_busy: int
    workers_total: int
    #: Jobs that run at a time.
    capacity: int
    #: Seconds.
    uptime: float


@dataclass(frozen=True, kw_only=True)
class Health:
    store: JobStore
    queue: JobQueue
    engines: EngineShelf
    detector: ArrivingDetector
    embedder: ArrivingEmbedder
    index: ArrivingIndex
    pool: WorkerPool
    worker: JobWorker
    disk: DiskGuard
    #: Jobs that run at a time, wherever.
    places: Callable[[], int]
    clock: Callable[[], float] = time.monotonic
    started: float = field(default_factory=time.monotonic)

    async def report(self) -> dict[str, Any]:
        """`status` is "ok" as soon as jobs are taken in; `ready` tells what is loaded behind it."""
        counts = await self.store.count()
        dead_letters = await self.store.dead_letters()
        return {
            "status": "ok",
            "version": __version__,
            "uptime_seconds": self._uptime(),
            "ready": {
                "engine": self.engines.state,
                "speech_detection": _state(self.detector, self.detector.here is not None),
                "embeddings": _state(self.embedder, self.embedder.ready),
                "index": _state(self.index, self.index.ready),
            },
            "jobs": _by_word(counts.jobs),
            "frames": _by_word(counts.frames),
            "dead_letters": dead_letters,
            "disk": self.disk.state(),
            "queue": {"waiting": self.queue.size(), "running": self.worker.running()},
            "workers": {"busy": self.pool.busy(), "total": self.pool.slots},
        }

    async def load(self) -> Load:
        counts = await self.store.count()
        running = await self.store.list(status=JobStatus.RUNNING, frames=True, limit=MOST_RUNNING)
        return Load(
            running=running.jobs,
            waiting=counts.of(JobStatus.PENDING),
            workers_busy=self.pool.busy(),
            workers_total=self.pool.slots,
            capacity=self.places(),
            uptime=self._uptime(),
        )

    def _uptime(self) -> float:
        return round(self.clock() - self.started, 1)


def _by_word(counts: dict[JobStatus, int]) -> dict[str, int]:
    return {status.value: number for status, number in counts.items()}


def _state(part: Arriving[Any], ready: bool) -> str:
    if part.trouble is not None:
        return f"failed: {part.trouble}"
    return "ready" if ready else "loading"
