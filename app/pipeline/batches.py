"""Which windows an engine hears next, of all that wait for it."""

import asyncio
from collections.abc import Callable, Sequence
from contextvars import Context
from dataclasses import dataclass
from itertools import count
from typing import Any, TypeAlias

from app.domain.decoding import DecodingOptions
from app.domain.jobs import Job, Priority
from app.domain.media import AudioWindow


@dataclass(eq=False, kw_only=True)
class Standing:
    """A job among those that share an engine."""

    priority: Priority = Priority.NORMAL
    #: Jobs of one owner stand in for each other. None: nobody knows whose it is.
    owner: str | None = None
    #: It shares no call with other jobs.
    apart: bool = False
    #: Why none of its windows begins any more.
    ended: BaseException | None = None

    @classmethod
    def of(cls, job: Job) -> "Standing":
        """Who failed before may be at fault: what is heard with it would be heard twice."""
        apart = job.errors + job.crashes > 0
        return cls(priority=job.options.priority, owner=job.requester, apart=apart)


@dataclass(eq=False, kw_only=True)
class Ticket:
    """A window in line."""

    standing: Standing
    window: AudioWindow
    #: None: only its language is asked for.
    options: DecodingOptions | None
    #: What the engine says; cancelled by who does not want to know any more.
    answer: "asyncio.Future[Any]"
    #: That of its job.
    context: Context
    #: It shares no call with other jobs.
    apart: bool
    #: Until the answer is kept its call is not over: what a death costs is what was under way.
    kept: "asyncio.Task[None] | None" = None


#: The jobs of one class and owner.
Owner: TypeAlias = tuple[Priority, str | None]


class Batches:
    """Classes strictly by priority; in a class by turns: the owners, then the jobs of an owner.

    Of a job the first window in time goes first. Who is next takes along those of its class and
    context, by turns too.
    """

    def __init__(self, *, size: int, takers: int, context: Callable[[AudioWindow], float]) -> None:
        """`size`: windows in a batch at most; `takers`: how many batches are worked on at once;
        `context`: what is equal for all windows of a batch.
        """
        self._size, self._takers, self._context = size, takers, context
        self._waiting: list[Ticket] = []
        #: When each had its last turn; who is new goes behind those who are there.
        self._jobs: dict[Standing, int] = {}
        self._owners: dict[Owner, int] = {}
        self._turns = count(1)
        #: What each taker gets of a class in line, and how many are still to get it.
        self._shares: dict[Priority, tuple[int, int]] = {}

    def join(self, standing: Standing) -> None:
        self._jobs[standing] = next(self._turns)
        self._owners.setdefault(_owner(standing), next(self._turns))

    def leave(self, standing: Standing) -> None:
        del self._jobs[standing]
        if not any(_owner(other) == _owner(standing) for other in self._jobs):
            del self._owners[_owner(standing)]

    def put(self, ticket: Ticket) -> None:
        self._waiting.append(ticket)
        self._shares.pop(ticket.standing.priority, None)  # more to share out

    def withdraw(self, standing: Standing) -> list[Ticket]:
        """Those of a job that waited."""
        out = [ticket for ticket in self._waiting if ticket.standing is standing]
        self._without(out)
        return out

    def next(self) -> list[Ticket]:
        """Empty when nothing waits.

        What waits of a class is shared out, so that no taker idles over the last of it.
        """
        self._without([ticket for ticket in self._waiting if ticket.answer.done()])
        if not self._waiting:
            return []
        first = min(self._waiting, key=self._turn)
        batch = [self._taken(first)]
        fitting = [other for other in self._waiting if self._fit(first, other)]
        for _ in range(min(self._share(first), 1 + len(fitting)) - 1):
            fellow = min(fitting, key=self._turn)
            fitting.remove(fellow)
            batch.append(self._taken(fellow))
        return batch

    def _taken(self, ticket: Ticket) -> Ticket:
        self._waiting.remove(ticket)
        last = next(self._turns)
        self._jobs[ticket.standing] = self._owners[_owner(ticket.standing)] = last
        return ticket

    def _turn(self, ticket: Ticket) -> tuple[int, int, int, int]:
        standing = ticket.standing
        last = self._owners[_owner(standing)], self._jobs[standing]
        return standing.priority.rank, *last, ticket.window.number

    def _share(self, first: Ticket) -> int:
        priority = first.standing.priority
        share, to_serve = self._shares.get(priority, (0, 0))
        if to_serve == 0:
            waiting = 1 + sum(other.standing.priority is priority for other in self._waiting)
            share, to_serve = min(self._size, -(-waiting // self._takers)), self._takers
        self._shares[priority] = share, to_serve - 1
        return share

    def _fit(self, first: Ticket, other: Ticket) -> bool:
        """Whether one call may hold both."""
        if first.options is None or first.options != other.options:
            return False
        if first.standing is not other.standing and (first.apart or other.apart):
            return False
        if first.standing.priority is not other.standing.priority:
            return False
        return self._context(first.window) == self._context(other.window)

    def _without(self, out: Sequence[Ticket]) -> None:
        self._waiting = [ticket for ticket in self._waiting if ticket not in out]


def _owner(standing: Standing) -> Owner:
    return standing.priority, standing.owner
