"""A pool over a cluster when its line breaks, without a cluster."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any, cast

import pytest

from app.adapters.dask_pool import DaskPool, pool
from app.adapters.dask_pool.cluster import Cluster
from app.adapters.dask_pool.glance import glance
from app.adapters.dask_pool.parcel import sealed
from app.adapters.dask_pool.pool import SMALL
from app.domain.errors import ClusterAway
from tests.equipment import wanted

library = wanted("distributed.client")
NOWHERE = "tcp://127.0.0.1:9"
PATIENCE = 60.0  # seconds


class Sent(asyncio.Future[bytes]):
    """A task at the cluster, as the library shows it."""

    def release(self) -> None:
        self.cancel()

    def answer(self, number: int) -> None:
        self.set_result(sealed(lambda: number))


@dataclass(kw_only=True)
class Line:
    """Stands in for the library's client."""

    status: str = "running"
    sent: asyncio.Queue[Sent] = field(default_factory=asyncio.Queue)
    under_way: list[Sent] = field(default_factory=list)
    #: What scattering a parcel comes to, once the line has this status.
    trouble: Exception | None = None
    then: str = "closed"

    def submit(self, *_: Any, **__: Any) -> Sent:
        if self.status != "running":
            raise library.ClosedClientError(f"Client is {self.status}.")
        self.under_way.append(Sent())
        self.sent.put_nowait(self.under_way[-1])
        return self.under_way[-1]

    async def scatter(self, parcel: bytes, **_: Any) -> bytes:
        if self.trouble:
            self.status = self.then
            raise self.trouble
        return parcel

    async def run(self, *_: Any, **__: Any) -> None:
        """A worker that stands still."""
        await asyncio.Event().wait()

    async def close(self, **_: Any) -> None:
        """As the library ends tasks: by no reason at all."""
        self.status = "closed"
        for each in self.under_way:
            if not each.done():
                each.set_exception(library.FutureCancelledError("key", None))


@pytest.fixture
def lines(monkeypatch: pytest.MonkeyPatch) -> list[Line]:
    """Those that are found, one after the other."""
    made = [Line(), Line()]
    waiting = iter(made)

    async def join(cluster: Any) -> Line:
        cluster.threads, cluster._client = 2, next(waiting)
        return cast(Line, cluster._client)

    monkeypatch.setattr(Cluster, "_join", join)
    return made


@pytest.fixture
async def narrow(lines: list[Line]) -> AsyncIterator[DaskPool]:
    """One task at a time."""
    made = DaskPool(NOWHERE, slots=1)
    yield made
    await asyncio.wait_for(made.aclose(), PATIENCE)


@pytest.fixture
async def wide(lines: list[Line]) -> AsyncIterator[DaskPool]:
    """Two."""
    made = DaskPool(NOWHERE)
    yield made
    await asyncio.wait_for(made.aclose(), PATIENCE)


async def arrived(line: Line) -> Sent:
    return await asyncio.wait_for(line.sent.get(), PATIENCE)


async def test_a_task_that_waited_for_its_turn_goes_by_the_line_that_there_is_by_then(
    narrow: DaskPool, lines: list[Line]
) -> None:
    """It went by the one that was there when it came, and failed for good."""
    first, second = [asyncio.create_task(narrow.run(abs, -1)) for _ in range(2)]
    lost = await arrived(lines[0])
    lines[0].status = "closed"
    lost.set_exception(OSError("the scheduler is gone"))
    with pytest.raises(ClusterAway):
        await first
    (await arrived(lines[1])).answer(7)
    assert await second == 7


async def test_a_line_that_is_found_broken_costs_the_tasks_on_it_nothing(
    wide: DaskPool, lines: list[Line]
) -> None:
    """They were told to have lost their worker, at the cost of a crash."""
    first = asyncio.create_task(wide.run(abs, -1))
    await arrived(lines[0])
    lines[0].status = "connecting"
    second = asyncio.create_task(wide.run(abs, -1))
    with pytest.raises(ClusterAway, match=r"the line to the scheduler at .* broke"):
        await first
    (await arrived(lines[1])).answer(7)
    assert await second == 7


async def test_a_line_that_breaks_as_sound_is_sent_costs_nothing(
    wide: DaskPool, lines: list[Line]
) -> None:
    lines[0].trouble = AttributeError("'NoneType' object has no attribute 'update_data'")
    with pytest.raises(ClusterAway, match="cannot be sent"):
        await wide.run(len, bytes(SMALL))


async def test_a_fault_of_ours_is_not_taken_for_a_broken_line(
    wide: DaskPool, lines: list[Line]
) -> None:
    lines[0].trouble, lines[0].then = ValueError("No such argument"), "running"
    with pytest.raises(ValueError, match="No such argument"):
        await wide.run(len, bytes(SMALL))


async def test_a_worker_that_stands_still_holds_up_neither_tasks_nor_a_stop(
    wide: DaskPool, lines: list[Line], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pool, "ANSWER", 0.01)
    first = asyncio.create_task(wide.run(abs, -1))
    (await arrived(lines[0])).answer(1)
    assert await first == 1
    wide.refresh()
    second = asyncio.create_task(wide.run(abs, -2))
    (await arrived(lines[0])).answer(2)
    assert await second == 2
    wide.refresh()  # and the stop comes at once


async def test_where_nothing_was_sent_no_line_is_made_to_refresh_it(
    wide: DaskPool, lines: list[Line]
) -> None:
    wide.refresh()
    await asyncio.wait_for(wide.aclose(), PATIENCE)
    assert [line.status for line in lines] == ["running", "running"], "one was taken up"


def test_a_task_of_which_the_scheduler_has_not_heard_is_one_that_no_worker_has() -> None:
    """Nobody ever ended it."""
    taken = SimpleNamespace(processing_on=SimpleNamespace(last_seen=0.0))
    tasks = {"taken": taken, "queued": SimpleNamespace(processing_on=None)}
    scheduler = cast(Any, SimpleNamespace(tasks=tasks, total_nthreads=2))
    seen = glance(["taken", "queued", "unheard of"], scheduler)
    assert seen.waiting == {"queued", "unheard of"} and seen.silent.keys() == {"taken"}
