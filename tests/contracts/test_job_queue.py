"""What every `JobQueue` owes to its callers.

A lasting queue holds a job from the moment when it is committed, and `enqueue` adds nothing to
that: so tests of what comes out put in as soon as there is something.
"""

import asyncio

import pytest

from app.domain.jobs import Priority
from app.ports import JobQueue
from tests.contracts.conftest import Hints
from tests.contracts.jobs import new_id

SOON = 30  # seconds


async def put(hints: Hints, priority: Priority = Priority.NORMAL) -> dict[str, str]:
    payload = await hints.payload(priority)
    await hints.queue.enqueue(payload, priority)
    return payload


async def test_what_goes_in_first_comes_out_first(hints: Hints) -> None:
    payloads = [await put(hints) for _ in range(3)]
    assert [await hints.queue.dequeue() for _ in payloads] == payloads


async def test_what_somebody_waits_for_comes_out_before_the_rest(hints: Hints) -> None:
    wished = [Priority.BATCH, Priority.NORMAL, Priority.INTERACTIVE, Priority.NORMAL]
    payloads = [await put(hints, priority) for priority in wished]
    taken = [await hints.queue.dequeue() for _ in payloads]
    assert taken == [payloads[index] for index in (2, 1, 3, 0)]


async def test_a_taker_for_the_urgent_leaves_the_rest_alone(hints: Hints) -> None:
    taking = asyncio.ensure_future(hints.queue.dequeue(Priority.INTERACTIVE))
    normal = await put(hints)
    urgent = await put(hints, Priority.INTERACTIVE)
    assert await taking == urgent
    assert await hints.queue.dequeue() == normal


async def test_a_job_that_waits_already_is_not_queued_twice(hints: Hints) -> None:
    each = await put(hints)
    await hints.queue.enqueue(dict(each))
    assert await hints.queue.dequeue() == each
    other = await put(hints)
    assert await hints.queue.dequeue() == other


async def test_a_job_that_was_taken_can_be_queued_again(hints: Hints) -> None:
    each = await put(hints)
    await hints.queue.dequeue()
    await hints.queue.enqueue(each, after=0.01)
    async with asyncio.timeout(SOON):
        assert await hints.queue.dequeue() == each


async def test_taking_waits_for_something_to_come(hints: Hints) -> None:
    taking = asyncio.ensure_future(hints.queue.dequeue())
    await asyncio.sleep(0)
    assert not taking.done()
    each = await put(hints)
    async with asyncio.timeout(SOON):
        assert await taking == each


async def test_each_payload_goes_to_one_taker(hints: Hints) -> None:
    takers = [asyncio.ensure_future(hints.queue.dequeue()) for _ in range(5)]
    payloads = [await put(hints) for _ in range(5)]
    taken = await asyncio.gather(*takers)
    assert sorted(each["job_id"] for each in taken) == sorted(each["job_id"] for each in payloads)


async def test_a_taker_who_gives_up_takes_nothing_with_him(hints: Hints) -> None:
    giving_up = asyncio.ensure_future(hints.queue.dequeue())
    await asyncio.sleep(0)
    each = await put(hints)
    giving_up.cancel()
    [taken] = await asyncio.gather(giving_up, return_exceptions=True)
    async with asyncio.timeout(SOON):  # he may have been quicker: then it is his
        assert taken == each or await hints.queue.dequeue() == each


async def test_what_is_put_in_for_later_comes_out_later(hints: Hints) -> None:
    late = await hints.payload()
    await hints.queue.enqueue(late, after=0.5)
    soon = await put(hints)
    async with asyncio.timeout(SOON):
        assert await hints.queue.dequeue() == soon
        assert await hints.queue.dequeue() == late


@pytest.mark.parametrize(
    "bad",
    [
        {},
        {"job_id": ""},
        {"job_id": "x"},
        {"job_id": new_id().upper()},
        {"job_id": new_id().replace("-", "")},
        {"id": new_id()},
        {"job_id": new_id(), "priority": "high"},
        {"job_id": 7},
        {"job_id": None},
    ],
)
async def test_a_payload_is_a_job_id_and_nothing_else(queue: JobQueue, bad: dict[str, str]) -> None:
    with pytest.raises(ValueError, match="job_id"):
        await queue.enqueue(bad)
    assert queue.size() == 0


async def test_a_queue_in_memory_knows_how_many_wait(hints: Hints) -> None:
    for _ in range(3):
        await put(hints)
    assert hints.queue.size() == (0 if hints.queue.lasting else 3)
    await hints.queue.dequeue()
    assert hints.queue.size() == (0 if hints.queue.lasting else 2)
