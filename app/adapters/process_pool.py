"""Worker slots on `concurrent.futures`: each a process of its own, replaced when it dies.

One pool of many workers would lose every task when one of them segfaults; here only the task in
the dead slot is lost. Anything with the `concurrent.futures.Executor` interface fits a slot.
"""

import asyncio
import ctypes
import multiprocessing
import os
import signal
import sys
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from functools import partial
from multiprocessing.process import BaseProcess
from typing import ParamSpec, TypeVar

from loguru import logger

from app.domain.errors import EngineCrashed

P = ParamSpec("P")
T = TypeVar("T")

PR_SET_PDEATHSIG = 1  # <linux/prctl.h>
NICENESS = 10  # the web process answers first; on an idle machine nothing is lost by it


class ProcessPool:
    """`slots` worker processes, started at their first task. Implements `ports.WorkerPool`."""

    def __init__(self, slots: int, *, name: str = "worker") -> None:
        self.slots = slots
        self._all = [Slot(f"{name}-{number}") for number in range(slots)]
        self._idle: asyncio.Queue[Slot] = asyncio.Queue()  # waiters are served in order
        for slot in self._all:
            self._idle.put_nowait(slot)

    async def run(self, function: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        slot = await self._idle.get()
        try:
            return await slot.run(partial(function, *args, **kwargs))
        finally:
            self._idle.put_nowait(slot)

    def busy(self) -> int:
        return self.slots - self._idle.qsize()

    def pids(self) -> list[int]:
        """Of the worker processes that are up."""
        return [pid for slot in self._all if (pid := slot.pid) is not None]

    async def aclose(self) -> None:
        for slot in self._all:
            await slot.aclose()


class Slot:
    def __init__(self, name: str) -> None:
        self._name = name
        self._executor: ProcessPoolExecutor | None = None
        self._process: BaseProcess | None = None

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process else None

    async def run(self, task: Callable[[], T]) -> T:
        try:
            executor = await self._started()
            return await asyncio.wrap_future(executor.submit(task))
        except BrokenProcessPool as error:
            raise EngineCrashed(await self._epitaph()) from error
        except asyncio.CancelledError:
            self.kill()  # native code does not look up from its work: only the process can stop
            raise

    async def _started(self) -> ProcessPoolExecutor:
        if self._executor is None:
            context = multiprocessing.get_context("spawn")
            self._executor = ProcessPoolExecutor(
                1, mp_context=context, initializer=_settle_in, initargs=(os.getpid(),)
            )
            pid = await asyncio.wrap_future(self._executor.submit(os.getpid))
            self._process = _child(pid)
            logger.debug("{} started as process {}", self._name, pid)
        return self._executor

    def kill(self) -> None:
        """End the process now; the next task starts a new one."""
        if self._process is not None:
            self._process.kill()
        if self._executor is not None:
            self._executor.shutdown(wait=False, cancel_futures=True)
        self._executor = self._process = None

    async def aclose(self) -> None:
        """Kill, and wait until the executor has let go of its queues and semaphores."""
        process, executor = self._process, self._executor
        self._executor = self._process = None
        if process is not None:
            process.kill()
        if executor is not None:
            await asyncio.to_thread(executor.shutdown, cancel_futures=True)

    async def _epitaph(self) -> str:
        process = self._process
        await self.aclose()  # the executor asks for the status too: it is known when that is done
        message = f"the worker process died ({_cause(process)})"
        logger.warning("{}: {}; it is replaced", self._name, message)
        return message


def _child(pid: int) -> BaseProcess | None:
    children = multiprocessing.active_children()
    return next((child for child in children if child.pid == pid), None)


def _cause(process: BaseProcess | None) -> str:
    code = process.exitcode if process is not None else None
    if code is None:
        return "no exit status"
    if code < 0:
        return f"signal {-code}, {signal.Signals(-code).name}"
    return f"exit status {code}"


def _settle_in(parent: int) -> None:
    """Runs first in a new worker: die with the parent, one thread, nothing on stdout."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:  # it died before the line above took hold
        os._exit(1)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's to handle
    os.nice(NICENESS)
    os.environ["OMP_NUM_THREADS"] = "1"  # spinning threads on busy cores lose four times
    os.environ["TOKENIZERS_PARALLELISM"] = "false"
    os.dup2(2, 1)  # native libraries print: stdout belongs to the command line
