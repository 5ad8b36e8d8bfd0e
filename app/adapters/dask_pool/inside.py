"""What runs inside a cluster worker: it hands tasks on to processes of its own machine.

The loop of the worker stays free, and what engines do to a process they do to one that is
replaced: crashes, deadlines and memory are seen to as in a service without a cluster.
"""

import asyncio
from dataclasses import dataclass, field
from pathlib import Path

from app import __version__
from app.adapters.dask_pool.parcel import Weights, sealed, unpacked
from app.domain.errors import ClusterAway, EngineRefused
from app.ports import ModelStore, WorkerPool

LOOK = 0.25  # seconds between two looks whether a task is still wanted
#: As the cluster calls the states of a task that somebody waits for.
WANTED = ("executing", "long-running")


@dataclass(frozen=True, kw_only=True)
class Bench:
    """Where tasks are done."""

    pool: WorkerPool
    models: ModelStore
    _found: dict[Weights, Path] = field(default_factory=dict)

    async def done(self, parcel: bytes, seconds: float) -> object:
        try:
            task = await asyncio.to_thread(unpacked, parcel, self._located)
        except (ImportError, AttributeError) as error:
            raise EngineRefused(
                f"a worker of the cluster does not know the task: {error}"
            ) from error
        return await self.pool.run_within(seconds, task)

    def _located(self, weights: Weights) -> Path:
        """Verified once: to hash them before each task would take longer than the task."""
        if weights not in self._found:
            self._found[weights] = self.models.find(weights.name, weights.kind).path
        return self._found[weights]

    def refresh(self) -> None:
        self._found.clear()
        self.pool.refresh()


#: Of this process. A global: tasks come by the name of a function, and nothing else reaches it.
_bench: Bench | None = None


def set_up(bench: Bench) -> None:
    global _bench
    _bench = bench


async def carried(key: str, version: str, parcel: bytes, seconds: float) -> bytes:
    """The sealed outcome; nothing when nobody waits for it any more.

    `seconds` count from when a process begins with it: not while weights are fetched.
    """
    if _bench is None:
        return sealed(_strange)
    if version != __version__:
        return sealed(lambda: _mismatch(version))
    work = asyncio.ensure_future(_bench.done(parcel, seconds))
    try:
        while not (await asyncio.wait({work}, timeout=LOOK))[0]:
            if not _wanted(key):
                return b""
        return sealed(work.result)
    finally:
        work.cancel()


async def refreshed() -> None:
    if _bench is not None:
        _bench.refresh()


def _wanted(key: str) -> bool:
    """Neither cancelled, nor of a service that is gone."""
    from distributed import get_worker

    task = get_worker().state.tasks.get(key)
    return task is not None and task.state in WANTED


def _strange() -> None:
    raise ClusterAway(
        "a worker of the cluster is none of Spool's",
        hint="Start workers by `spool cluster worker`.",
    )


def _mismatch(version: str) -> None:
    raise ClusterAway(f"a worker of the cluster runs Spool {__version__}, and this is {version}")
