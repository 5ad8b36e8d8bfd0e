"""One place in the pool: it always has a worker when a task comes, whatever became of the last."""

import asyncio
from collections.abc import Callable
from concurrent.futures.process import BrokenProcessPool
from typing import TypeVar

from loguru import logger

from app.adapters.process_pool.epitaph import crash, oom_kills, out_of_memory
from app.adapters.process_pool.log import WorkerLog
from app.adapters.process_pool.worker import Overdue, Worker
from app.domain.errors import (
    EngineCrashed,
    EngineError,
    EngineHung,
    Exhausted,
)
from app.domain.metrics import Replaced

T = TypeVar("T")

START = 120.0  # seconds for a process to come up: 0.2 on an idle machine, minutes on a choked one
TRIES = 3  # workers for a task, should they die before they begin it
BURIAL = 5.0  # seconds; a process in the middle of a dead disk's read outlives even SIGKILL


class Slot:
    def __init__(
        self,
        name: str,
        *,
        log: WorkerLog,
        memory_limit: int = 0,
        recycle_after: int = 0,
        idle_after: float = 0.0,
        replaced: Callable[[Replaced], None] = lambda _: None,
    ) -> None:
        self._name, self._log = name, log
        self._memory_limit, self._recycle_after = memory_limit, recycle_after
        self._idle_after, self._replaced = idle_after, replaced
        self._leaving: asyncio.TimerHandle | None = None
        self._closed = False
        self._busy = False
        self._worker: Worker | None = None
        self._dying: set[asyncio.Task[int | None]] = set()

    async def run(self, task: Callable[[], T], seconds: float) -> T:
        """What `task` returns or raises. Raises EngineError when there is no worker to be had."""
        self._busy = True
        self._stay()
        try:
            return await self._seen_through(task, seconds)
        finally:
            self._busy = False
            if self._idle_after and not self._closed:
                loop = asyncio.get_running_loop()
                self._leaving = loop.call_later(self._idle_after, self.refresh)

    def _stay(self) -> None:
        if self._leaving is not None:
            self._leaving.cancel()

    def refresh(self) -> None:
        """A new worker for the next task."""
        if self._worker is None:
            return
        if self._busy:
            self._worker.stale = True
        else:
            self._let_go(self._worker)

    async def _seen_through(self, task: Callable[[], T], seconds: float) -> T:
        for _ in range(TRIES - 1):
            worker = await self._at_hand()
            try:
                return await self._tried(worker, task, seconds)
            except EngineCrashed as error:
                if worker.has_begun() or isinstance(error, EngineHung):
                    raise
            # It died while idle, or on its way to the task: that costs the task nothing.
        return await self._tried(await self._at_hand(), task, seconds)

    async def _tried(self, worker: Worker, task: Callable[[], T], seconds: float) -> T:
        self._log.turn_page()
        try:
            return await self._outcome(worker, worker.begin(task), seconds)
        finally:
            worker.tasks += 1
            if self._worker is worker and (worker.stale or worker.tasks == self._recycle_after):
                logger.debug("{}: recycled after {} tasks", self._name, worker.tasks)
                self._replaced(Replaced.RECYCLED)
                self._let_go(worker)

    async def aclose(self) -> None:
        self._closed = True
        self._stay()
        if self._worker is not None:
            self._let_go(self._worker)
        if self._dying:
            await asyncio.wait(self._dying, timeout=BURIAL)

    async def _at_hand(self, tries: int = TRIES) -> Worker:
        if self._worker is not None:
            return self._worker
        try:
            return await self._started()
        except EngineCrashed as error:  # not the task's crash: it has not begun
            if tries == 1 or isinstance(error, EngineHung):
                raise EngineError(f"a worker process did not start: {error}") from error
            return await self._at_hand(tries - 1)

    async def _started(self) -> Worker:
        if self._closed:  # the task waited in line meanwhile: a process would outlive the pool
            raise EngineError("the workers have been stopped")
        try:
            self._worker = worker = Worker(self._log, self._memory_limit)
        except (OSError, RuntimeError) as error:  # no room for a process, descriptor or thread
            raise Exhausted(f"no worker process can be started: {error}") from error
        await self._outcome(worker, worker.up, START)
        logger.debug("{} started as process {}", self._name, worker.pid)
        return worker

    async def _outcome(self, worker: Worker, future: asyncio.Future[T], seconds: float) -> T:
        """After any of these ends of a task the worker is not used again."""
        killed_before = oom_kills()
        try:
            return await worker.outcome(future, seconds)
        except BrokenProcessPool as error:
            raise await self._crashed(worker, killed_before) from error
        except Overdue as error:
            raise await self._hung(worker, seconds) from error
        except MemoryError as error:  # its heap is full, or torn to pieces
            raise await self._starved(worker, str(error)) from error
        except asyncio.CancelledError:
            self._let_go(worker)
            raise

    async def _crashed(self, worker: Worker, oom_kills_before: int) -> EngineCrashed:
        status = await self._buried(worker)
        killed = oom_kills() > oom_kills_before
        return self._told(crash(status, self._log.last_lines(), oom_killed=killed))

    async def _hung(self, worker: Worker, seconds: float) -> EngineCrashed:
        status = await self._buried(worker)
        message = f"no result within {seconds:g} s"
        lines = self._log.last_lines()
        return self._told(EngineHung(message, exit_status=status, last_lines=lines))

    async def _starved(self, worker: Worker, why: str) -> EngineCrashed:
        await self._buried(worker)
        return self._told(out_of_memory(why, None, self._log.last_lines()))

    def _told(self, error: EngineCrashed) -> EngineCrashed:
        if not self._closed:  # else it was we who ended it, and none comes after it
            logger.warning("{}: {}; it is replaced", self._name, error.message)
            self._replaced(Replaced.by(error))
        return error

    async def _buried(self, worker: Worker) -> int | None:
        """Its exit status, once it has ended; None when it does not, or nobody can wait for it."""
        dying = self._let_go(worker)
        await asyncio.wait({dying}, timeout=BURIAL)
        return dying.result() if dying.done() and not dying.exception() else None

    def _let_go(self, worker: Worker) -> asyncio.Task[int | None]:
        """Kill it and free the place; its end is waited for apart."""
        if self._worker is worker:
            self._worker = None
        dying = worker.kill()
        self._dying.add(dying)
        dying.add_done_callback(self._dying.discard)
        return dying
