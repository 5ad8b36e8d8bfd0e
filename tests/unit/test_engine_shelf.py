"""Engines by name: loaded once, leased, and refused by name."""

import asyncio
import time
from collections.abc import Callable

import pytest

from app.domain.errors import EngineError, InvalidRequest, ModelNotFound
from app.services.engines import EngineShelf
from tests.fakes import FakeEngine

NAMES = ("base", "tiny.en")


class Factory:
    """Makes engines; `hold` makes it wait for a model, `failures` are raised one by one."""

    def __init__(self) -> None:
        self.made: list[FakeEngine] = []
        self.asked: list[str] = []
        self.held: dict[str, asyncio.Event] = {}
        self.failures: list[Exception] = []

    async def __call__(self, model: str) -> FakeEngine:
        self.asked.append(model)
        if model in self.held:
            await self.held[model].wait()
        if self.failures:
            raise self.failures.pop(0)
        self.made.append(FakeEngine(model))
        return self.made[-1]


class Clock:
    """Stands still until it is moved."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


def a_shelf(
    factory: Factory, *, default: str = "base", clock: Callable[[], float] = time.monotonic
) -> EngineShelf:
    return EngineShelf(
        {"whisper_cpp": factory, "openai": factory},
        provider="whisper_cpp",
        defaults={"whisper_cpp": default, "openai": "whisper-1"},
        names=lambda provider: NAMES if provider == "whisper_cpp" else (),
        clock=clock,
    )


async def leased(shelf: EngineShelf, provider: str | None, model: str | None) -> str:
    async with shelf.lease(provider, model) as engine:
        return engine.model


async def test_who_names_nothing_gets_what_is_configured() -> None:
    factory = Factory()
    shelf = a_shelf(factory, default="tiny.en")
    assert await leased(shelf, None, None) == "tiny.en"
    assert await leased(shelf, "openai", None) == "whisper-1"
    assert await leased(shelf, "openai", "whisper-large") == "whisper-large"


async def test_an_engine_is_loaded_once_also_for_many_at_once() -> None:
    factory = Factory()
    factory.held = {"base": asyncio.Event()}
    shelf = a_shelf(factory)
    waiting = [asyncio.create_task(leased(shelf, None, "base")) for _ in range(5)]
    await asyncio.sleep(0)
    factory.held["base"].set()
    assert await asyncio.gather(*waiting) == ["base"] * 5
    assert factory.asked == ["base"]


async def test_a_model_under_way_holds_up_nobody_else() -> None:
    factory = Factory()
    factory.held = {"tiny.en": asyncio.Event()}
    shelf = a_shelf(factory)
    assert await leased(shelf, None, None) == "base"
    slow = asyncio.create_task(leased(shelf, None, "tiny.en"))
    await asyncio.sleep(0)
    async with asyncio.timeout(30):
        assert await leased(shelf, None, None) == "base"
        assert await leased(shelf, "openai", None) == "whisper-1"
    assert not slow.done()
    factory.held["tiny.en"].set()
    assert await slow == "tiny.en"


async def test_a_model_that_did_not_load_is_tried_again_by_the_next_job() -> None:
    factory = Factory()
    factory.failures = [ModelNotFound("no network")]
    shelf = a_shelf(factory)
    with pytest.raises(ModelNotFound):
        await leased(shelf, None, None)
    assert await leased(shelf, None, None) == "base"


@pytest.mark.parametrize("provider", ["aws", "WHISPER_CPP", "whisper_cpp\0"])
async def test_an_unknown_provider_is_refused_by_name(provider: str) -> None:
    shelf = a_shelf(Factory())
    with pytest.raises(InvalidRequest) as caught:
        await leased(shelf, provider, None)
    assert "provider" in caught.value.message and "openai, whisper_cpp" in str(caught.value.hint)


@pytest.mark.parametrize("model", ["basic", "/etc/passwd", "../base", "base.bin", "BASE"])
async def test_an_unknown_model_is_refused_and_nothing_is_looked_for(model: str) -> None:
    factory = Factory()
    with pytest.raises(InvalidRequest) as caught:
        await leased(a_shelf(factory), None, model)
    assert "model" in caught.value.message and "base, tiny.en" in str(caught.value.hint)
    assert factory.asked == []


def test_the_configured_model_may_be_any_that_the_operator_chose() -> None:
    shelf = a_shelf(Factory(), default="/srv/models/own.bin")
    shelf.check(None, None)
    shelf.check(None, "/srv/models/own.bin")
    with pytest.raises(InvalidRequest):
        shelf.check(None, "/srv/models/other.bin")


async def test_warming_loads_the_configured_engine_and_says_so() -> None:
    factory = Factory()
    shelf = a_shelf(factory)
    assert shelf.state == "loading"
    await shelf.warm()
    assert shelf.state == "ready" and factory.asked == ["base"]


async def test_a_failure_to_warm_is_told_until_a_job_succeeds() -> None:
    factory = Factory()
    factory.failures = [ModelNotFound("no network")]
    shelf = a_shelf(factory)
    await shelf.warm()
    assert shelf.state == "failed: no network"
    await leased(shelf, None, None)
    assert shelf.state == "ready"


async def test_all_engines_are_closed_in_the_end() -> None:
    factory = Factory()
    shelf = a_shelf(factory)
    await leased(shelf, None, "base")
    await leased(shelf, None, "tiny.en")
    await shelf.aclose()
    assert [engine.closed for engine in factory.made] == [True, True]


async def test_of_the_many_models_that_clients_may_name_only_a_few_are_kept() -> None:
    factory = Factory()
    shelf = a_shelf(factory)
    async with shelf.lease("openai", "held") as held:
        for number in range(20):
            async with shelf.lease("openai", f"model-{number}"):
                pass
        kept = [engine for engine in factory.made if not engine.closed]
        assert held in kept
        assert len(kept) <= 4


async def test_a_model_that_was_dropped_is_made_again() -> None:
    factory = Factory()
    shelf = a_shelf(factory)
    for number in [*range(10), 0]:
        async with shelf.lease("openai", f"model-{number}") as engine:
            assert isinstance(engine, FakeEngine) and not engine.closed


def test_the_names_are_looked_up_only_for_a_model_that_a_client_chose() -> None:
    def names(provider: str) -> list[str]:
        raise AssertionError("reads the disk")

    shelf = EngineShelf(
        {"whisper_cpp": Factory()},
        provider="whisper_cpp",
        defaults={"whisper_cpp": "base"},
        names=names,
    )
    shelf.check(None, None)
    shelf.check("whisper_cpp", "base")


# the default


async def test_a_swap_loads_the_engine_before_it_is_the_default() -> None:
    factory = Factory()
    factory.held = {"tiny.en": asyncio.Event()}
    shelf = a_shelf(factory)
    await shelf.warm()
    swapping = asyncio.create_task(shelf.swap("whisper_cpp", "tiny.en"))
    assert await leased(shelf, None, None) == "base"
    assert shelf.default == ("whisper_cpp", "base") and not swapping.done()
    factory.held["tiny.en"].set()
    await swapping
    assert shelf.default == ("whisper_cpp", "tiny.en") and shelf.state == "ready"
    assert await leased(shelf, None, None) == "tiny.en"
    assert factory.asked == ["base", "tiny.en"]


async def test_a_lease_outlives_a_swap() -> None:
    factory = Factory()
    shelf = a_shelf(factory)
    async with shelf.lease(None, None) as before:
        await shelf.swap("openai", "whisper-large")
        assert isinstance(before, FakeEngine)
        assert before.model == "base" and not before.closed
        assert await leased(shelf, None, None) == "whisper-large"
        assert await leased(shelf, "whisper_cpp", None) == "base"


@pytest.mark.parametrize("failure", [ModelNotFound("no network"), EngineError("broken")])
async def test_an_engine_that_does_not_load_leaves_the_default_as_it_was(
    failure: Exception,
) -> None:
    factory = Factory()
    shelf = a_shelf(factory)
    await shelf.warm()
    factory.failures = [failure]
    with pytest.raises(type(failure)):
        await shelf.swap("whisper_cpp", "tiny.en")
    assert shelf.default == ("whisper_cpp", "base") and shelf.state == "ready"


@pytest.mark.parametrize(("provider", "model"), [("aws", "base"), ("whisper_cpp", "/etc/passwd")])
async def test_a_swap_to_what_clients_may_not_name_is_refused(provider: str, model: str) -> None:
    factory = Factory()
    shelf = a_shelf(factory)
    with pytest.raises(InvalidRequest):
        await shelf.swap(provider, model)
    assert shelf.default == ("whisper_cpp", "base") and factory.asked == []


async def test_swaps_come_one_after_the_other() -> None:
    factory = Factory()
    factory.held = {"tiny.en": asyncio.Event(), "large": asyncio.Event()}
    shelf = a_shelf(factory)
    first = asyncio.create_task(shelf.swap("whisper_cpp", "tiny.en"))
    await asyncio.sleep(0)
    second = asyncio.create_task(shelf.swap("openai", "large"))
    factory.held["large"].set()
    await asyncio.sleep(0)
    assert factory.asked == ["tiny.en"]
    factory.held["tiny.en"].set()
    await asyncio.gather(first, second)
    assert shelf.default == ("openai", "large")


async def test_a_late_failure_of_the_configured_engine_is_not_told_of_the_new_default() -> None:
    factory = Factory()
    factory.held = {"base": asyncio.Event()}
    shelf = a_shelf(factory)
    warming = asyncio.create_task(shelf.warm())
    await asyncio.sleep(0)
    await shelf.swap("whisper_cpp", "tiny.en")
    factory.failures = [ModelNotFound("no network")]
    factory.held["base"].set()
    await warming
    assert shelf.state == "ready"


# idle engines


async def test_an_engine_that_nobody_needs_is_closed_and_loaded_again_on_demand() -> None:
    factory, clock = Factory(), Clock()
    shelf = a_shelf(factory, clock=clock)
    await shelf.warm()
    clock.now = 899.0
    await shelf.unload(900.0)
    assert shelf.state == "ready" and not factory.made[0].closed
    clock.now = 900.0
    await shelf.unload(900.0)
    assert shelf.state == "idle" and factory.made[0].closed and not shelf.loaded()
    assert await leased(shelf, None, None) == "base"
    assert shelf.state == "ready" and factory.asked == ["base", "base"]


async def test_an_engine_in_use_is_never_idle_and_its_time_begins_after_its_last_lease() -> None:
    factory, clock = Factory(), Clock()
    shelf = a_shelf(factory, clock=clock)
    async with shelf.lease(None, None):
        clock.now = 5000.0
        await shelf.unload(900.0)
    await shelf.unload(900.0)
    assert not factory.made[0].closed
    clock.now = 5900.0
    await shelf.unload(900.0)
    assert factory.made[0].closed
