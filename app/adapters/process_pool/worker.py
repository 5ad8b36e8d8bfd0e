"""One worker process, from its start to its end."""

import asyncio
import os
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import suppress
from multiprocessing import get_context
from typing import TypeVar

from app.adapters.process_pool.log import WorkerLog
from app.adapters.process_pool_inside import carry_out, settle_in

T = TypeVar("T")

LOOK = 1.0  # seconds between two looks at a task under way


class Overdue(Exception):
    """No result within the time given."""


class Worker:
    """An executor of one process, which is never replaced: it serves until that process ends."""

    def __init__(self, log: WorkerLog, memory_limit: int) -> None:
        """Starts the process. Raises OSError or RuntimeError when the system has no room for it.

        It must be made in the thread that runs the event loop: the kernel ends a worker with the
        thread that started it, not just with the process. (So no `max_tasks_per_child`: that
        starts workers in a thread of the executor.)
        """
        log.prepare()
        self._log = log
        context = get_context("spawn")
        self._begun, begun = context.Pipe(duplex=False)
        self._executor = ProcessPoolExecutor(
            1,
            mp_context=context,
            initializer=settle_in,
            initargs=(os.getpid(), memory_limit, str(log.path) if log.path else None, begun),
        )
        try:
            self.up = self.begin(os.getpid)
        except BaseException:
            for process in self._executor._processes.values():  # no thread to watch over it
                process.kill()
            raise
        [self._process] = self._executor._processes.values()
        # Nobody here writes results. With this end open, half a result of a killed worker would
        # never end: the executor would wait for the other half for ever.
        self._executor._result_queue._writer.close()  # type: ignore[attr-defined]
        begun.close()
        self._ending: asyncio.Task[int | None] | None = None
        self.tasks = 0
        #: To be replaced after its task.
        self.stale = False

    @property
    def pid(self) -> int | None:
        return self._process.pid

    def begin(self, task: Callable[[], T]) -> asyncio.Future[T]:
        """Hand the task over."""
        self.has_begun()  # forget the task before
        try:
            future = asyncio.wrap_future(self._executor.submit(carry_out, task))
        except BrokenProcessPool as error:
            future = asyncio.get_running_loop().create_future()
            future.set_exception(error)
        future.add_done_callback(_seen)
        return future

    def has_begun(self) -> bool:
        """Whether the worker took up a task since this was last asked."""
        begun = False
        with suppress(EOFError, OSError):  # it has ended
            while self._begun.poll():
                self._begun.recv_bytes()
                begun = True
        return begun

    async def outcome(self, future: asyncio.Future[T], seconds: float) -> T:
        """What the task returns or raises; Overdue, BrokenProcessPool.

        Time is counted by looks, so that a service that was stopped and goes on again (SIGSTOP, a
        frozen container) does not take its workers for stuck ones.
        """
        left = seconds
        while not (await asyncio.wait({future}, timeout=min(left, LOOK)))[0]:
            self._log.trim()
            left -= LOOK
            if left <= 0:
                raise Overdue
        return future.result()

    def kill(self) -> asyncio.Task[int | None]:
        """Native code does not look up from its work, and a stopped process cannot.

        Returns what waits for the end: the exit status, negative for a signal.
        """
        if self._ending is None:
            self._process.kill()
            self._ending = asyncio.create_task(self._ended())
        return self._ending

    async def _ended(self) -> int | None:
        await asyncio.to_thread(self._executor.shutdown)
        return self._process.exitcode


def _seen(future: asyncio.Future[T]) -> None:
    """Of a task that was given up nobody asks for the outcome: that is no mistake to report."""
    if not future.cancelled():
        future.exception()
