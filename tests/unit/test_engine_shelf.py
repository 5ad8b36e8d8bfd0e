"""Engines by name: loaded once, leased, and refused by name."""

import asyncio
import threading
import time
from collections.abc import Callable
from contextlib import AsyncExitStack

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


async def test_the_configured_model_may_be_any_that_the_operator_chose() -> None:
    shelf = a_shelf(Factory(), default="/srv/models/own.bin")
    await shelf.check(None, None)
    await shelf.check(None, "/srv/models/own.bin")
    with pytest.raises(InvalidRequest):
        await shelf.check(None, "/srv/models/other.bin")


async def test_a_configured_path_can_be_asked_for_by_its_last_part() -> None:
    factory = Factory()
    shelf = a_shelf(factory, default="/srv/models/own.bin")
    await shelf.swap("whisper_cpp", "tiny.en")
    assert await shelf.check(None, "own.bin") == ("whisper_cpp", "/srv/models/own.bin")
    await shelf.swap("whisper_cpp", "own.bin")
    assert shelf.default == ("whisper_cpp", "/srv/models/own.bin")
    assert factory.asked == ["tiny.en", "/srv/models/own.bin"]


async def test_why_a_configured_path_does_not_load_is_told_without_the_path() -> None:
    factory = Factory()
    factory.failures = [ModelNotFound("/srv/models/own.bin: no such file")]
    shelf = a_shelf(factory, default="/srv/models/own.bin")
    await shelf.warm()
    assert shelf.state == "failed: own.bin: no such file"


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


async def test_the_names_are_looked_up_only_for_a_model_that_a_client_chose() -> None:
    def names(provider: str) -> list[str]:
        raise AssertionError("reads the disk")

    shelf = EngineShelf(
        {"whisper_cpp": Factory()},
        provider="whisper_cpp",
        defaults={"whisper_cpp": "base"},
        names=names,
    )
    await shelf.check(None, None)
    await shelf.check("whisper_cpp", "base")


async def test_a_slow_folder_of_models_holds_up_nobody_else() -> None:
    looked: list[threading.Thread] = []

    def names(provider: str) -> tuple[str, ...]:
        looked.append(threading.current_thread())
        return NAMES

    shelf = EngineShelf(
        {"whisper_cpp": Factory()},
        provider="whisper_cpp",
        defaults={"whisper_cpp": "base"},
        names=names,
    )
    await shelf.check(None, "tiny.en")
    await shelf.choices()
    assert len(looked) == 2 and threading.main_thread() not in looked


# too many


class SlowToClose(FakeEngine):
    """Closing lasts until the test lets it."""

    def __init__(self, model: str, gate: asyncio.Event) -> None:
        super().__init__(model)
        self._gate = gate

    async def aclose(self) -> None:
        await self._gate.wait()
        await super().aclose()


class Closing:
    """A shelf that is full of idle engines, which close when `gate` is set."""

    def __init__(self) -> None:
        self.gate = asyncio.Event()
        self.shelf = EngineShelf(
            {"openai": self._make},
            provider="openai",
            defaults={"openai": "usual"},
            names=lambda provider: (),
        )

    async def _make(self, model: str) -> FakeEngine:
        return SlowToClose(model, self.gate)

    async def fill(self) -> None:
        for number in range(4):
            await leased(self.shelf, None, f"idle-{number}")

    def names(self) -> list[str]:
        return [model for _, model in self.shelf.loaded()]


async def test_jobs_that_end_together_drop_no_engine_twice() -> None:
    closing = Closing()
    await closing.fill()
    async with AsyncExitStack() as leases:
        for number in range(3):
            await leases.enter_async_context(closing.shelf.lease(None, f"new-{number}"))
        ends = [asyncio.create_task(leased(closing.shelf, None, f"n-{n}")) for n in range(3)]
        while "idle-2" in closing.names():  # noqa: ASYNC110 - the shelf tells nobody
            await asyncio.sleep(0)
        closing.gate.set()
        assert await asyncio.gather(*ends) == ["n-0", "n-1", "n-2"]


async def test_an_engine_that_was_taken_meanwhile_is_not_closed_in_use() -> None:
    closing = Closing()
    await closing.fill()
    async with AsyncExitStack() as leases:
        for number in range(2):
            await leases.enter_async_context(closing.shelf.lease(None, f"new-{number}"))
        ending = asyncio.create_task(leased(closing.shelf, None, "new-2"))
        while "idle-0" in closing.names():  # noqa: ASYNC110 - the shelf tells nobody
            await asyncio.sleep(0)
        async with AsyncExitStack() as others:
            used = []
            for model in closing.names():
                used.append(await others.enter_async_context(closing.shelf.lease(None, model)))
            closing.gate.set()
            assert await ending == "new-2"
            assert [
                each.model for each in used if isinstance(each, FakeEngine) and each.closed
            ] == []


async def test_of_too_many_the_one_goes_that_was_idle_longest() -> None:
    factory, clock = Factory(), Clock()
    shelf = a_shelf(factory, clock=clock)
    for number in (0, 1, 2, 3, 0, 4):
        clock.now += 1
        await leased(shelf, "openai", f"model-{number}")
    assert {model for _, model in shelf.loaded()} == {f"model-{number}" for number in (0, 2, 3, 4)}


async def test_the_default_is_none_too_many() -> None:
    factory = Factory()
    shelf = a_shelf(factory)
    await shelf.warm()
    for number in range(10):
        await leased(shelf, "openai", f"model-{number}")
    assert shelf.state == "ready" and shelf.default in shelf.loaded()
    assert len(shelf.loaded()) == 4


async def test_a_new_default_is_loaded_when_the_swap_is_done_however_many_are_in_use() -> None:
    shelf = a_shelf(Factory())
    async with AsyncExitStack() as leases:
        for number in range(4):
            await leases.enter_async_context(shelf.lease("openai", f"model-{number}"))
        await shelf.swap("whisper_cpp", "tiny.en")
        assert shelf.state == "ready" and shelf.default in shelf.loaded()


async def test_an_engine_that_does_not_close_costs_nobody_anything(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def broken(engine: FakeEngine) -> None:
        raise OSError("no")

    monkeypatch.setattr(FakeEngine, "aclose", broken)
    shelf = a_shelf(Factory())
    for number in range(6):
        assert await leased(shelf, "openai", f"model-{number}") == f"model-{number}"
    await shelf.unload(0.0)
    assert not shelf.loaded()


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
    while not factory.asked:  # noqa: ASYNC110 - the factory tells nobody
        await asyncio.sleep(0)
    second = asyncio.create_task(shelf.swap("openai", "large"))
    factory.held["large"].set()
    assert await leased(shelf, "openai", "another") == "another"  # it had its time
    assert factory.asked == ["tiny.en", "another"]
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


async def test_engines_are_let_go_while_others_end_their_jobs() -> None:
    """Both drop the same one: neither of them dies of it."""
    closing = Closing()
    await closing.fill()
    unloading = asyncio.create_task(closing.shelf.unload(0.0))
    while len(closing.names()) == 4:  # noqa: ASYNC110 - the shelf tells nobody
        await asyncio.sleep(0)
    async with AsyncExitStack() as leases:
        for number in range(3):
            await leases.enter_async_context(closing.shelf.lease(None, f"new-{number}"))
        ending = asyncio.create_task(leased(closing.shelf, None, "last"))
        while "last" not in closing.names():  # noqa: ASYNC110 - the shelf tells nobody
            await asyncio.sleep(0)
        closing.gate.set()
        assert await ending == "last"
        await unloading
        assert sorted(closing.names()) == ["new-0", "new-1", "new-2"]
