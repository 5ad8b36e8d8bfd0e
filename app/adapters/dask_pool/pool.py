"""Workers on other machines, by a Dask cluster: it knows which are there and who is free."""

import asyncio
import math
from collections.abc import Callable, Coroutine
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn, ParamSpec, TypeVar
from uuid import uuid4

from app import __version__
from app.adapters.dask_pool.cluster import ANSWER, Cluster
from app.adapters.dask_pool.inside import carried, refreshed
from app.adapters.dask_pool.line import Line
from app.adapters.dask_pool.parcel import Weights, opened, packed
from app.domain.errors import ClusterAway, EngineCrashed, EngineError
from app.domain.metrics import RESTARTS, UNCOUNTED, Replaced
from app.domain.models import ModelKind
from app.ports import Meter

if TYPE_CHECKING:
    from distributed import Future

P = ParamSpec("P")
T = TypeVar("T")
KiB = 1024
#: Longer ones go to a worker straight, not through the scheduler, which is ten times as slow.
SMALL = 32 * KiB
LOST = "the cluster worker was lost"


class DaskPool:
    """Implements `ports.WorkerPool`. Its workers are started by `spool cluster worker`.

    Besides what the port says it raises ClusterAway: no scheduler, or no worker of it, is there.
    """

    def __init__(
        self, address: str, *, slots: int = 0, name: str = "worker", meter: Meter = UNCOUNTED
    ) -> None:
        """`slots`: tasks at once at most; 0: as many as the cluster does when it is reached.

        Raises ConfigError where the library is missing.
        """
        self.name, self._most, self._meter = name, slots, meter
        self._cluster, self._line = Cluster(address), Line()
        self._weights: dict[str, Weights] = {}
        self._busy = 0
        self._later: set[asyncio.Task[None]] = set()
        self._fresh: asyncio.Task[None] | None = None

    @property
    def slots(self) -> int:
        """One before the cluster was reached: somebody may ask for what there is not yet."""
        return max(1, min(self._cluster.threads, self._most or self._cluster.threads))

    async def reach(self) -> None:
        """So that `slots` is what the cluster has. Raises ClusterAway."""
        await self._cluster.client()

    def weights(self, name: str, kind: ModelKind) -> Path:
        """What stands for them in the arguments of a task: each worker has its own."""
        stand_in = Path("/", "cluster", kind.value, name.lstrip("/"))
        self._weights[str(stand_in)] = Weights(name=name, kind=kind)
        return stand_in

    async def run(self, function: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        return await self._run(partial(function, *args, **kwargs), math.inf)

    async def run_within(
        self, seconds: float, function: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs
    ) -> T:
        return await self._run(partial(function, *args, **kwargs), seconds)

    def busy(self) -> int:
        return self._busy

    def refresh(self) -> None:
        self._fresh = self._follow(self._refreshed())

    async def aclose(self) -> None:
        """Tasks under way are given up; the cluster stays."""
        if self._later:
            await asyncio.wait(self._later)
        await self._cluster.aclose()

    async def _run(self, task: "partial[T]", seconds: float) -> T:
        await self._cluster.client()
        self._line.have(self.slots)
        async with self._line:
            if self._fresh is not None:
                await asyncio.wait({self._fresh})
            self._busy += 1
            try:
                return await self._carried(task, seconds)
            finally:
                self._busy -= 1

    async def _carried(self, task: "partial[T]", seconds: float) -> T:
        parcel = await asyncio.to_thread(packed, task, self._weights)
        try:
            result: T = opened(await self._letter(parcel, seconds))
        except EngineCrashed as error:
            self._meter.add(RESTARTS, pool=self.name, reason=Replaced.by(error).value)
            raise
        return result

    async def _letter(self, parcel: bytes, seconds: float) -> bytes:
        key = f"spool-{uuid4().hex}"
        future = await self._submitted(key, parcel, seconds)
        lost: asyncio.Future[NoReturn] = self._cluster.watch(key)
        answer = asyncio.ensure_future(_answer(future))
        try:
            await asyncio.wait((answer, lost), return_when=asyncio.FIRST_COMPLETED)
            return lost.result() if lost.done() else answer.result()
        finally:
            self._cluster.forget(key)
            answer.cancel()
            future.release()  # one that is under way is given up at the worker, too

    async def _submitted(self, key: str, parcel: bytes, seconds: float) -> "Future":
        """By the line as it is now: the task may have waited for its turn while that broke."""
        client = await self._cluster.client()
        try:
            sent: Any = parcel
            if len(parcel) > SMALL:
                sent = await client.scatter(parcel, direct=True, hash=False)
            return client.submit(
                carried, key, __version__, sent, seconds, key=key, pure=False, retries=0
            )
        except Exception as error:  # of a line that breaks just now, of many kinds
            if client.status == "running" and not isinstance(error, OSError):
                raise
            raise ClusterAway(f"the sound cannot be sent to the cluster: {error}") from error

    async def _refreshed(self) -> None:
        """Workers that do not hear of it give their memory back once nobody needs them."""
        client = self._cluster.here
        if client is None:
            return
        with suppress(OSError):  # one that stands still would hold up all tasks, and a stop
            await asyncio.wait_for(client.run(refreshed, on_error="ignore"), ANSWER)

    def _follow(self, work: Coroutine[Any, Any, None]) -> "asyncio.Task[None]":
        task = asyncio.create_task(work)
        self._later.add(task)
        task.add_done_callback(self._later.discard)
        return task


async def _answer(future: "Future") -> bytes:
    """In our words."""
    from distributed import KilledWorker
    from distributed.client import FutureCancelledError

    try:
        letter = await future
    except KilledWorker as error:
        raise EngineCrashed(LOST) from error
    except FutureCancelledError as error:
        if error.reason.startswith("scheduler"):
            raise ClusterAway("the cluster's scheduler was lost") from error
        raise EngineCrashed(LOST) from error
    except OSError as error:
        raise ClusterAway(f"no answer came from the cluster: {error}") from error
    except Exception as error:  # what the cluster itself makes of a task
        raise EngineError(f"{type(error).__name__}: {error}") from error
    if not letter:
        raise EngineCrashed(LOST)
    assert isinstance(letter, bytes)
    return letter
