"""What every `JobQueue` owes to its callers."""

import asyncio

import pytest

from app.domain.jobs import Priority
from app.ports import JobQueue
from tests.contracts.jobs import new_id


def payload() -> dict[str, str]:
    return {"job_id": new_id()}


async def test_what_goes_in_first_comes_out_first(queue: JobQueue) -> None:
    payloads = [payload() for _ in range(3)]
    for each in payloads:
        await queue.enqueue(each)
    assert queue.size() == 3
    assert [await queue.dequeue() for _ in payloads] == payloads
    assert queue.size() == 0


async def test_what_somebody_waits_for_comes_out_before_the_rest(queue: JobQueue) -> None:
    wished = [Priority.BATCH, Priority.NORMAL, Priority.INTERACTIVE, Priority.NORMAL]
    payloads = [payload() for _ in wished]
    for each, priority in zip(payloads, wished, strict=True):
        await queue.enqueue(each, priority)
    taken = [await queue.dequeue() for _ in payloads]
    assert taken == [payloads[index] for index in (2, 1, 3, 0)]


async def test_a_taker_for_the_urgent_leaves_the_rest_alone(queue: JobQueue) -> None:
    taking = asyncio.ensure_future(queue.dequeue(Priority.INTERACTIVE))
    normal, urgent = payload(), payload()
    await queue.enqueue(normal)
    await asyncio.sleep(0)
    assert not taking.done()
    await queue.enqueue(urgent, Priority.INTERACTIVE)
    assert await taking == urgent
    assert await queue.dequeue() == normal


async def test_a_job_that_waits_already_is_not_queued_twice(queue: JobQueue) -> None:
    each = payload()
    await queue.enqueue(each)
    await queue.enqueue(dict(each))
    assert queue.size() == 1


async def test_a_job_that_was_taken_can_be_queued_again(queue: JobQueue) -> None:
    each = payload()
    await queue.enqueue(each)
    await queue.dequeue()
    await queue.enqueue(each)
    assert await queue.dequeue() == each


async def test_taking_waits_for_something_to_come(queue: JobQueue) -> None:
    taking = asyncio.ensure_future(queue.dequeue())
    await asyncio.sleep(0)
    assert not taking.done()
    each = payload()
    await queue.enqueue(each)
    assert await taking == each


async def test_each_payload_goes_to_one_taker(queue: JobQueue) -> None:
    takers = [asyncio.ensure_future(queue.dequeue()) for _ in range(5)]
    payloads = [payload() for _ in range(5)]
    for each in payloads:
        await queue.enqueue(each)
    taken = await asyncio.gather(*takers)
    assert sorted(each["job_id"] for each in taken) == sorted(each["job_id"] for each in payloads)


async def test_a_taker_who_gives_up_takes_nothing_with_him(queue: JobQueue) -> None:
    giving_up = asyncio.ensure_future(queue.dequeue())
    await asyncio.sleep(0)
    each = payload()
    await queue.enqueue(each)
    giving_up.cancel()
    with pytest.raises(asyncio.CancelledError):
        await giving_up
    assert await queue.dequeue() == each


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
