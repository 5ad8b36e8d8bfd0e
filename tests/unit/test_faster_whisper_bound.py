"""How long a batch may take before its worker counts as stuck."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, ParamSpec, TypeVar, cast

import pytest

from app.adapters.engines.faster_whisper import START, FasterWhisperEngine
from app.adapters.engines.faster_whisper_worker import Work
from app.domain.decoding import DecodingOptions
from app.domain.media import SAMPLE_RATE, AudioWindow
from app.domain.transcript import WindowTranscript

P = ParamSpec("P")
T = TypeVar("T")


class Watch:
    """A pool whose work takes as long as it is told; notes the bounds."""

    slots = 1

    def __init__(self) -> None:
        self.bounds: list[float] = []
        self.takes = 1.0
        #: Windows of a batch, at most.
        self.comes_to = 99

    async def run(self, function: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        raise NotImplementedError

    async def run_within(
        self, seconds: float, function: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs
    ) -> T:
        self.bounds.append(seconds)
        windows: Sequence[AudioWindow] = cast(Any, args)[1]
        heard = [WindowTranscript(number=each.number, segments=()) for each in windows]
        came_to = heard[: self.comes_to]
        left = [None] * (len(heard) - len(came_to))
        return cast(T, Work(transcripts=[*came_to, *left], seconds=self.takes))

    def busy(self) -> int:
        return 0

    def refresh(self) -> None:
        """There are no processes."""

    async def aclose(self) -> None:
        """There are no processes."""


def windows(count: int, seconds: float = 20.0) -> list[AudioWindow]:
    samples = round(seconds * SAMPLE_RATE)
    return [
        AudioWindow(number=number, path=Path("sound"), first_sample=0, samples=samples)
        for number in range(count)
    ]


@pytest.fixture
def watch() -> Watch:
    return Watch()


async def bound(watch: Watch, engine: Any, takes: float, count: int, seconds: float) -> float:
    """Of the batch that takes so long; beyond the start of a worker."""
    watch.takes = takes
    await engine.transcribe(windows(count, seconds), DecodingOptions(language="en"))
    return watch.bounds[-1] - START


async def test_the_bound_follows_the_slowest_batch_so_far(watch: Watch) -> None:
    engine = FasterWhisperEngine(watch, model="m", model_path=Path("m"))
    assert await bound(watch, engine, 8.0, 4, 20.0) == 20 * 80
    assert await bound(watch, engine, 40.0, 4, 20.0) == 4 * 80  # 0.1 a second: the least
    assert await bound(watch, engine, 8.0, 2, 20.0) == 10 * 40
    assert await bound(watch, engine, 8.0, 4, 20.0) == 10 * 80  # a quick batch changes nothing


async def test_scraps_neither_count_as_slow_nor_get_no_time(watch: Watch) -> None:
    """The encoder hears ten seconds at least."""
    engine = FasterWhisperEngine(watch, model="m", model_path=Path("m"))
    assert await bound(watch, engine, 2.0, 1, 0.1) == 20 * 10
    assert await bound(watch, engine, 2.0, 1, 0.1) == 4 * 10
    assert await bound(watch, engine, 2.0, 4, 20.0) == 4 * 80


async def test_engines_of_one_pool_have_rates_of_their_own(watch: Watch) -> None:
    slow, other = (
        FasterWhisperEngine(watch, model=name, model_path=Path(name)) for name in ("slow", "other")
    )
    await bound(watch, slow, 40.0, 1, 20.0)
    assert await bound(watch, slow, 40.0, 1, 20.0) == 40 * 20
    assert await bound(watch, other, 1.0, 1, 20.0) == 20 * 20


async def test_windows_that_it_did_not_come_to_do_not_make_a_batch_fast(watch: Watch) -> None:
    engine = FasterWhisperEngine(watch, model="m", model_path=Path("m"))
    watch.comes_to = 1
    await bound(watch, engine, 10.0, 4, 20.0)
    assert await bound(watch, engine, 10.0, 4, 20.0) == 10 * 80
