"""What is told of a medium that was heard, but is not as it should be."""

from collections.abc import AsyncIterator
from pathlib import Path

import numpy as np
import pytest
import soundfile

from app.domain.jobs import JobOptions, JobWarning, SourceKind
from app.domain.media import SAMPLE_RATE
from app.pipeline.report import JobReport
from tests import caged
from tests.contracts.jobs import claim, new_id
from tests.media import run_ffmpeg, silence
from tests.unit.workbench import Workbench, opened


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[Workbench]:
    async with opened(tmp_path) as bench:
        bench.extractors = (caged.soundfile(3600.0), caged.ffmpeg(3600.0))
        yield bench


async def told(bench: Workbench, source: Path) -> dict[str, str]:
    """Warnings of a job on it, by code."""
    job = await bench.store.add(
        job_id=new_id(),
        source=SourceKind.PATH,
        source_name=source.name,
        input_path=str(source),
        options=JobOptions(),
    )
    job = await claim(bench.store, job)
    report = JobReport(bench.store, job)
    try:
        await bench.pipeline().run(job, report)
    finally:
        await report.aclose()
    warnings: tuple[JobWarning, ...] = (await bench.now(job)).warnings
    return {each.code: each.message for each in warnings}


def cut(source: Path, part: float) -> Path:
    whole = source.read_bytes()
    target = source.with_name(f"cut-{source.name}")
    target.write_bytes(whole[: int(len(whole) * part)])
    return target


async def test_a_medium_as_it_should_be_is_heard_without_a_warning(bench: Workbench) -> None:
    assert await told(bench, silence(bench.folder / "talk.wav", 10.0)) == {}


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("talk.wav", ()),
        ("talk.mp4", ("-movflags", "+faststart")),
        ("talk.mkv", ("-c:a", "pcm_s16le")),
        ("talk.flac", ()),
    ],
)
async def test_a_medium_that_was_cut_off_tells_of_the_seconds_it_has_and_should_have(
    bench: Workbench, name: str, options: tuple[str, ...]
) -> None:
    whole = bench.folder / name
    run_ffmpeg(["-f", "lavfi", "-i", "sine=duration=20", *options, whole])
    warnings = await told(bench, cut(whole, 0.5))
    assert set(warnings) == {"media.truncated"}
    assert "declares 20.0 s" in warnings["media.truncated"]


async def test_a_recording_of_a_browser_that_was_cut_off_tells_of_the_seconds_it_has(
    bench: Workbench,
) -> None:
    whole = bench.folder / "talk.webm"
    run_ffmpeg(["-f", "lavfi", "-i", "sine=duration=20", "-f", "webm", "-live", "1", whole])
    assert await told(bench, whole) == {}
    warnings = await told(bench, cut(whole, 0.5))
    assert set(warnings) == {"media.truncated"}
    assert "does not declare" in warnings["media.truncated"]


async def test_samples_that_are_no_numbers_are_counted(bench: Workbench) -> None:
    samples = np.zeros(10 * SAMPLE_RATE, np.float32)
    samples[5000:5123] = np.nan
    soundfile.write(bench.folder / "nan.wav", samples, SAMPLE_RATE, subtype="FLOAT")
    warnings = await told(bench, bench.folder / "nan.wav")
    assert set(warnings) == {"media.bad_samples"}
    assert warnings["media.bad_samples"].startswith("123 samples")


@pytest.mark.parametrize("samples", [1, 15_999])
async def test_less_than_a_second_is_a_medium_like_others(bench: Workbench, samples: int) -> None:
    soundfile.write(bench.folder / "short.wav", np.zeros(samples), SAMPLE_RATE)
    assert set(await told(bench, bench.folder / "short.wav")) <= {"media.no_speech"}
