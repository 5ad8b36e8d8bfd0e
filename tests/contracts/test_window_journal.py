"""What every `WindowJournal` owes to a job that is killed in the middle."""

import asyncio
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

from app.adapters.sql.windows import SqlWindowJournal
from app.domain.errors import Conflict
from app.domain.media import AudioWindow, Span
from app.domain.transcript import Segment, WindowTranscript, Word
from tests.contracts.conftest import OpenStores, Stores
from tests.contracts.jobs import add_job, claim, new_id, stored


def window(number: int) -> AudioWindow:
    return AudioWindow(
        number=number, path=Path("/pcm/x"), first_sample=number * 16_000, samples=16_000
    )


def heard(number: int, text: str = "Grüße, 東京 \N{GRINNING FACE}") -> WindowTranscript:
    word = Word(start=number + 0.1, end=number + 0.3, text=text, probability=0.75)
    segment = Segment(
        start=float(number),
        end=number + 1.0,
        text=text,
        avg_logprob=-0.25,
        no_speech_prob=None,
        words=(word,),
    )
    return WindowTranscript(number=number, segments=(segment,), language="de")


def kept(number: int, text: str | None = None) -> tuple[Span, WindowTranscript]:
    return window(number).span, heard(number, text) if text else heard(number)


async def test_a_recorded_window_comes_back_as_it_was(stores: Stores) -> None:
    job = await add_job(stores.jobs)
    for number in (2, 0, 1):
        await stores.windows.record(job.job_id, "hash", window(number), heard(number))
    done = await stores.windows.done(job.job_id, "hash")
    assert done == {number: kept(number) for number in range(3)}


async def test_a_window_of_silence_is_done_too(stores: Stores) -> None:
    job = await add_job(stores.jobs)
    silence = WindowTranscript(number=0, segments=())
    await stores.windows.record(job.job_id, "hash", window(0), silence)
    assert await stores.windows.done(job.job_id, "hash") == {0: (window(0).span, silence)}


async def test_a_window_recorded_twice_keeps_the_first(stores: Stores) -> None:
    job = await add_job(stores.jobs)
    for text in ("first", "second"):
        await stores.windows.record(job.job_id, "hash", window(0), heard(0, text))
    assert await stores.windows.done(job.job_id, "hash") == {0: kept(0, "first")}


@pytest.mark.parametrize(
    "before",
    [replace(window(0), samples=8_000), replace(window(0), first_sample=100)],
    ids=["shorter", "elsewhere"],
)
async def test_a_window_of_another_place_takes_that_of_its_number(
    stores: Stores, before: AudioWindow
) -> None:
    job = await add_job(stores.jobs)
    await stores.windows.record(job.job_id, "hash", before, heard(0, "first"))
    for text in ("second", "third"):
        await stores.windows.record(job.job_id, "hash", window(0), heard(0, text))
    assert await stores.windows.done(job.job_id, "hash") == {0: kept(0, "second")}


async def test_windows_recorded_at_once_are_all_kept_and_each_once(stores: Stores) -> None:
    job = await add_job(stores.jobs)
    numbers = [number for number in range(8) for _ in range(2)]
    await asyncio.gather(
        *(stores.windows.record(job.job_id, "hash", window(n), heard(n)) for n in numbers)
    )
    assert await stores.windows.done(job.job_id, "hash") == {n: kept(n) for n in range(8)}


async def test_results_of_other_jobs_and_other_parameters_are_never_mixed_in(
    stores: Stores,
) -> None:
    job, other = await add_job(stores.jobs), await add_job(stores.jobs)
    await stores.windows.record(job.job_id, "tiny", window(0), heard(0, "tiny"))
    await stores.windows.record(job.job_id, "base", window(0), heard(0, "base"))
    await stores.windows.record(other.job_id, "tiny", window(0), heard(0, "other"))
    assert await stores.windows.done(job.job_id, "tiny") == {0: kept(0, "tiny")}


async def test_windows_survive_the_database_being_closed(open_stores: OpenStores) -> None:
    async with open_stores() as first:
        job = await add_job(first.jobs)
        await first.windows.record(job.job_id, "hash", window(0), heard(0))
    async with open_stores() as second:
        assert await second.windows.done(job.job_id, "hash") == {0: kept(0)}


@pytest.mark.parametrize("job_id", ["0b79e0c2-6d0f-4f4e-9f3c-5f4f3c2d1e0a", "x", "\ud800"])
async def test_a_job_without_windows_has_none(stores: Stores, job_id: str) -> None:
    assert await stores.windows.done(job_id, "hash") == {}


async def test_a_window_of_no_job_is_refused(stores: Stores) -> None:
    with pytest.raises(Conflict):
        await stores.windows.record(new_id(), "hash", window(0), heard(0))


async def test_a_run_that_lost_a_job_clears_it_of_no_suspicion(stores: Stores) -> None:
    """Its window is kept; but the attempt of the run that has the job may be the one that dies."""
    database = stores.jobs._database  # type: ignore[attr-defined]
    job = await add_job(stores.jobs)
    await claim(stores.jobs, job, "lost")
    await stores.jobs.sweep("has it")
    await claim(stores.jobs, job, "has it")
    for number, run, deaths in ((0, "lost", 1), (1, "has it", 0)):
        journal = SqlWindowJournal(database, boot_id=partial(str, run))
        await journal.record(job.job_id, "hash", window(number), heard(number))
        assert (await stored(stores.jobs, job)).deaths == deaths
    assert len(await stores.windows.done(job.job_id, "hash")) == 2
