"""How much of something large may be in memory at a time."""

import asyncio

from app.services.byte_budget import ByteBudget
from tests.unit.workbench import until


async def test_who_takes_little_waits_for_nobody_who_is_slow() -> None:
    budget, done = ByteBudget(100), asyncio.Event()
    order: list[str] = []

    async def take(name: str, size: int, wait: asyncio.Event | None = None) -> None:
        async with budget.held(size):
            order.append(name)
            if wait is not None:
                await wait.wait()

    slow = [asyncio.create_task(take(f"slow{n}", 30, done)) for n in range(3)]
    await until(lambda: len(order) == 3)
    large = asyncio.create_task(take("large", 1000))
    for _ in range(5):
        await take("small", 10)
    assert order == ["slow0", "slow1", "slow2", *["small"] * 5]
    done.set()
    await asyncio.gather(*slow, large)
    assert order[-1] == "large"  # more than there is: it has all


async def test_who_gives_up_takes_nothing() -> None:
    budget, done = ByteBudget(100), asyncio.Event()

    async def take() -> None:
        async with budget.held(100):
            await done.wait()

    first, second = asyncio.create_task(take()), asyncio.create_task(take())
    await asyncio.sleep(0)
    second.cancel()
    first.cancel()
    await asyncio.gather(first, second, return_exceptions=True)
    async with asyncio.timeout(30), budget.held(100):
        pass
