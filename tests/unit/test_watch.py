"""Waiting for news of a job."""

import asyncio

from app.services.watch import JobWatch


async def test_who_waits_is_woken_by_news_of_that_job() -> None:
    watch = JobWatch()
    with watch.subscribe("a") as changes:
        waiting = asyncio.create_task(changes.wait(60))
        await asyncio.sleep(0)
        watch.tell("b")
        await asyncio.sleep(0)
        assert not waiting.done()
        watch.tell("a")
        await waiting


async def test_all_who_wait_are_woken() -> None:
    watch = JobWatch()
    with watch.subscribe("a") as one, watch.subscribe("a") as two:
        waiting = asyncio.gather(one.wait(60), two.wait(60))
        await asyncio.sleep(0)
        watch.tell("a")
        await waiting


async def test_news_between_subscribing_and_waiting_is_not_missed() -> None:
    watch = JobWatch()
    with watch.subscribe("a") as changes:
        watch.tell("a")
        await changes.wait(60)


async def test_each_wait_is_for_news_of_its_own() -> None:
    watch = JobWatch()
    with watch.subscribe("a") as changes:
        watch.tell("a")
        await changes.wait(60)
        second = asyncio.create_task(changes.wait(60))
        await asyncio.sleep(0)
        assert not second.done()
        watch.tell("a")
        await second


async def test_without_news_the_wait_ends_by_itself() -> None:
    with JobWatch().subscribe("a") as changes:
        await changes.wait(0)
        await changes.wait(0.01)


async def test_nothing_is_kept_when_nobody_waits() -> None:
    watch = JobWatch()
    with watch.subscribe("a"), watch.subscribe("a"):
        assert watch._waiting.keys() == {"a"}
    watch.tell("a")
    assert not watch._waiting
