"""Worker slots on `concurrent.futures`: each a process of its own, replaced when it dies.

One pool of many workers would lose every task when one of them segfaults; here only the task in
the dead slot is lost.
"""

import asyncio
import math
import os
from collections import deque
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import ParamSpec, TypeVar

from app.adapters.process_pool.log import WorkerLog
from app.adapters.process_pool.slot import Slot
from app.domain.metrics import RESTARTS, UNCOUNTED, Replaced
from app.ports import Meter

P = ParamSpec("P")
T = TypeVar("T")

#: What glibc reads as a worker starts. Models compute in megabytes that they walk over and over:
#: with pages of 2 MiB a window of speech takes a thirtieth less. The system may have none.
LARGE_PAGES = "GLIBC_TUNABLES", "glibc.malloc.hugetlb=1"


class ProcessPool:
    """`slots` worker processes, started at their first task. Implements `ports.WorkerPool`."""

    def __init__(
        self,
        slots: int,
        *,
        name: str = "worker",
        logs: Path | None = None,
        memory_limit: int = 0,
        recycle_after: int = 0,
        idle_after: float = 0.0,
        meter: Meter = UNCOUNTED,
    ) -> None:
        """`logs`: folder for what the workers print, a file each, begun anew with each process;
        None leaves it to the standard error of this process. `memory_limit`: bytes of data that a
        worker may have; `recycle_after`: tasks after which it is replaced; `idle_after`: seconds
        without a task after which it ends, until there is one. 0 is no limit.
        """
        os.environ.setdefault(*LARGE_PAGES)
        self.slots, self.name, self._meter = slots, name, meter
        names = [f"{name}-{number}" for number in range(slots)]
        self._all = [
            Slot(
                each,
                log=WorkerLog(logs / f"{each}.log" if logs else None),
                memory_limit=memory_limit,
                recycle_after=recycle_after,
                idle_after=idle_after,
                replaced=self._replaced,
            )
            for each in names
        ]
        self._idle = deque(self._all)
        #: Serves those who wait in their order; who comes again at once goes behind them.
        self._line = asyncio.Semaphore(slots)

    async def run(self, function: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        return await self._run(partial(function, *args, **kwargs), math.inf)

    async def run_within(
        self, seconds: float, function: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs
    ) -> T:
        return await self._run(partial(function, *args, **kwargs), seconds)

    async def _run(self, task: Callable[[], T], seconds: float) -> T:
        async with self._line:
            slot = self._idle.popleft()
            try:
                return await slot.run(task, seconds)
            finally:
                self._idle.append(slot)

    def _replaced(self, why: Replaced) -> None:
        self._meter.add(RESTARTS, pool=self.name, reason=why.value)

    def busy(self) -> int:
        return self.slots - len(self._idle)

    def refresh(self) -> None:
        for slot in self._all:
            slot.refresh()

    async def aclose(self) -> None:
        """Kill all workers, and wait until the system has taken them back."""
        await asyncio.gather(*(slot.aclose() for slot in self._all))
