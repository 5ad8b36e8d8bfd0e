"""A question that hangs is asked once, and what became of it later bothers nobody."""

import asyncio
import gc
from typing import Any

import pytest

from app.domain.errors import StorageError
from app.services.asked_once import AskedOnce


class Slow:
    """Answers when it is let."""

    def __init__(self) -> None:
        self.asked = 0
        self.let = asyncio.Event()
        self.failure: Exception | None = None

    async def answer(self) -> int:
        self.asked += 1
        await self.let.wait()
        if self.failure:
            raise self.failure
        return self.asked


async def test_who_comes_meanwhile_waits_for_the_same_answer() -> None:
    slow = Slow()
    question = AskedOnce(slow.answer)
    waiting = [asyncio.create_task(question.within(60)) for _ in range(3)]
    await asyncio.sleep(0)
    slow.let.set()
    assert await asyncio.gather(*waiting) == [1, 1, 1]
    assert await question.within(60) == 2


async def test_who_waited_long_enough_goes_and_the_question_stays() -> None:
    slow = Slow()
    question = AskedOnce(slow.answer)
    for _ in range(3):
        with pytest.raises(TimeoutError):
            await question.within(0.0)
    slow.let.set()
    assert await question.within(60) == 1


async def test_a_failure_that_nobody_waited_for_is_nobodys_news() -> None:
    told: list[dict[str, Any]] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: told.append(context))
    slow = Slow()
    slow.failure = StorageError("disk I/O error")
    question = AskedOnce(slow.answer)
    with pytest.raises(TimeoutError):
        await question.within(0.0)
    slow.let.set()
    await asyncio.wait(asyncio.all_tasks() - {asyncio.current_task()})
    slow.failure = None
    assert await question.within(60) == 2
    gc.collect()
    assert told == []


async def test_a_failure_is_told_to_who_waits() -> None:
    slow = Slow()
    slow.failure = StorageError("disk I/O error")
    slow.let.set()
    with pytest.raises(StorageError):
        await AskedOnce(slow.answer).within(60)
