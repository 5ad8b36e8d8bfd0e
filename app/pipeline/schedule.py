"""One line for the windows of all jobs, in front of each engine."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from contextvars import Context, copy_context
from itertools import chain
from typing import Any

from loguru import logger

from app.domain.decoding import DecodingOptions
from app.domain.errors import EngineError
from app.domain.media import AudioWindow
from app.domain.metrics import AUDIO_HEARD, ENGINE_SECONDS, REAL_TIME_FACTOR, UNCOUNTED
from app.domain.models import shown_name
from app.domain.transcript import LanguageDetection, WindowTranscript
from app.pipeline.batches import Batches, Standing, Ticket
from app.ports import Meter, TranscriptionEngine


class Turns:
    """The windows of one job, among those of others."""

    def __init__(self, schedule: "Schedule", standing: Standing) -> None:
        self._schedule, self._standing = schedule, standing
        self.engine = schedule.engine

    async def detect_language(self, window: AudioWindow) -> LanguageDetection | None:
        """When its turn has come. Raises EngineError."""
        found: LanguageDetection | None = await self._put(window, None).answer
        return found

    def hear(
        self,
        window: AudioWindow,
        options: DecodingOptions,
        keep: Callable[[WindowTranscript], Awaitable[None]],
    ) -> "asyncio.Task[None]":
        """It is in line when this returns. The task raises EngineError, and what `keep` raises."""
        ticket = self._put(window, options)
        ticket.kept = asyncio.create_task(_kept(ticket, keep))
        return ticket.kept

    @property
    def ended(self) -> bool:
        """Whether it was withdrawn."""
        return self._standing.ended is not None

    def withdraw(self, error: BaseException) -> None:
        """None begins any more: `error` is the answer of those that wait. Others are finished."""
        self._schedule.withdraw(self._standing, error)

    def _put(self, window: AudioWindow, options: DecodingOptions | None) -> Ticket:
        ticket = Ticket(
            standing=self._standing,
            window=window,
            options=options,
            answer=asyncio.get_running_loop().create_future(),
            context=copy_context(),
            apart=self._standing.apart,
        )
        self._schedule.put(ticket)
        return ticket


class Schedule:
    """At most `concurrency` calls of an engine at once, all jobs together.

    A job answers for itself alone: where a call fails that held windows of several, those of each
    are heard again by themselves.
    """

    def __init__(self, engine: TranscriptionEngine, meter: Meter = UNCOUNTED) -> None:
        self.engine, self._meter = engine, meter
        self._batches = Batches(
            size=engine.batch_size, takers=engine.concurrency, context=engine.context
        )
        self._calls: dict[asyncio.Task[None], list[Ticket]] = {}

    @asynccontextmanager
    async def turns(self, standing: Standing | None = None) -> AsyncIterator[Turns]:
        """For one job. After the block no call holds windows of it alone, and none waits.

        What a call with windows of others finds in its own is dropped.
        """
        standing = standing or Standing()
        self._batches.join(standing)
        try:
            yield Turns(self, standing)
        finally:
            for ticket in self._batches.withdraw(standing):
                ticket.answer.cancel()
            self._batches.leave(standing)
            await self._drop(standing)

    def put(self, ticket: Ticket) -> None:
        if ticket.standing.ended:
            ticket.answer.set_exception(ticket.standing.ended)
            return
        self._batches.put(ticket)
        self._hurry(ticket)
        self._wake()

    def _hurry(self, ticket: Ticket) -> None:
        """Calls of a lower class give way where there is no room for one more."""
        under_way = [batch[0].standing.priority for batch in self._calls.values()]
        lower = any(priority.rank > ticket.standing.priority.rank for priority in under_way)
        if lower and len(under_way) == self.engine.concurrency:
            self.engine.give_way()

    def withdraw(self, standing: Standing, error: BaseException) -> None:
        """Calls with windows of it end as soon as they can, too."""
        standing.ended = error
        if any(ticket.standing is standing for ticket in chain(*self._calls.values())):
            self.engine.give_way()
        for ticket in self._batches.withdraw(standing):
            if not ticket.answer.done():
                ticket.answer.set_exception(error)

    def _wake(self) -> None:
        """A moment later: who puts several windows in line has them all there by then."""
        asyncio.get_running_loop().call_soon(self._begin)

    def _begin(self) -> None:
        while len(self._calls) < self.engine.concurrency and (batch := self._batches.next()):
            call = asyncio.create_task(self._call(batch), context=_context(batch))
            self._calls[call] = batch
            call.add_done_callback(self._ended)

    def _ended(self, call: "asyncio.Task[None]") -> None:
        batch = self._calls.pop(call)
        self._wake()
        if not (error := _fault(call)):
            return
        for ticket in batch:
            if not ticket.answer.done():
                ticket.answer.set_exception(error)

    async def _call(self, batch: list[Ticket]) -> None:
        try:
            answers = await self._asked(batch)
        except Exception as error:
            self._failed(batch, error)
            return
        self._put_back([ticket for ticket in batch if ticket not in answers], batch)
        for ticket, answer in answers.items():
            if not ticket.answer.done():
                ticket.answer.set_result(answer)
        if kept := [ticket.kept for ticket in batch if ticket.kept]:
            await asyncio.wait(kept)

    async def _asked(self, batch: list[Ticket]) -> dict[Ticket, Any]:
        """Without those that the call did not come to."""
        windows, options = [ticket.window for ticket in batch], batch[0].options
        if options is None:
            return {batch[0]: await self.engine.detect_language(windows[0])}
        began = time.monotonic()
        answers = zip(batch, await self.engine.transcribe(windows, options), strict=True)
        found = {ticket: answer for ticket, answer in answers if answer is not None}
        if not found:
            raise EngineError("the engine heard none of the windows")
        self._heard(sum(ticket.window.seconds for ticket in found), time.monotonic() - began)
        return found

    def _heard(self, sound: float, took: float) -> None:
        """Both in seconds."""
        named = {"provider": self.engine.provider, "model": shown_name(self.engine.model)}
        self._meter.add(AUDIO_HEARD, sound, **named)
        self._meter.seen(ENGINE_SECONDS, took, **named)
        if sound > 0:
            self._meter.seen(REAL_TIME_FACTOR, took / sound, **named)

    def _put_back(self, unheard: list[Ticket], batch: list[Ticket]) -> None:
        for ticket in unheard:
            batch.remove(ticket)
            if not ticket.answer.done():
                self.put(ticket)

    def _failed(self, batch: list[Ticket], error: Exception) -> None:
        """Whose window it was is not known of several; a job that is gone may be the one."""
        shared = len({ticket.standing for ticket in batch}) > 1
        for ticket in batch:
            if ticket.answer.done():
                continue
            if shared:
                ticket.apart = True
                self.put(ticket)
            else:
                ticket.answer.set_exception(error)

    async def _drop(self, standing: Standing) -> None:
        """A call in which nobody has a window any more is cancelled, and over when this returns."""
        idle = []
        for call, batch in self._calls.items():
            for ticket in batch:
                if ticket.standing is standing:
                    ticket.answer.cancel()
            if all(ticket.answer.done() for ticket in batch):
                call.cancel()
                idle.append(call)
        if idle:
            await asyncio.wait(idle)


class Schedules:
    """One for each engine that a job uses."""

    def __init__(self, meter: Meter = UNCOUNTED) -> None:
        self._meter = meter
        self._in_use: dict[TranscriptionEngine, tuple[Schedule, int]] = {}

    @property
    def engines(self) -> frozenset[TranscriptionEngine]:
        """Those in use."""
        return frozenset(self._in_use)

    @asynccontextmanager
    async def turns(self, engine: TranscriptionEngine, standing: Standing) -> AsyncIterator[Turns]:
        """As `Schedule.turns`."""
        schedule, users = self._in_use.get(engine) or (Schedule(engine, self._meter), 0)
        self._in_use[engine] = schedule, users + 1
        try:
            async with schedule.turns(standing) as turns:
                yield turns
        finally:
            schedule, users = self._in_use.pop(engine)
            if users > 1:
                self._in_use[engine] = schedule, users - 1


async def _kept(ticket: Ticket, keep: Callable[[WindowTranscript], Awaitable[None]]) -> None:
    await keep(await ticket.answer)


def _fault(call: "asyncio.Task[None]") -> EngineError | None:
    """Of a call that did not see to its windows itself."""
    if call.cancelled():  # not we: the engine, or what it works with
        return EngineError("the engine dropped the call")
    if error := call.exception():
        logger.opt(exception=error).error("a fault of ours, not of the engine")
        return EngineError(f"{type(error).__name__}: {error}")
    return None


def _context(batch: list[Ticket]) -> Context:
    """Of the job, for what is logged meanwhile; several have none in common."""
    first, *others = batch
    if any(other.standing is not first.standing for other in others):
        return Context()
    return first.context.copy()
