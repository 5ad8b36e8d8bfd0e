"""A waveform is kept beside what is heard, goes with its job, and never costs it anything."""

import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from app.domain.errors import StorageFull
from app.domain.jobs import Job, JobStatus, waveform_key
from app.domain.media import Audio
from app.domain.waveform import Waveform
from tests.unit.workbench import Workbench, opened


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[Workbench]:
    async with opened(tmp_path) as bench:
        yield bench


class Broken:
    """Draws nothing."""

    def __init__(self, trouble: Exception) -> None:
        self.trouble = trouble

    async def draw(self, audio: Audio) -> Waveform:
        raise self.trouble


async def ended(bench: Workbench, seconds: float = 30.0) -> Job:
    job = await bench.upload(seconds)
    await bench.worker().run_once()
    return await bench.now(job)


def kept(bench: Workbench, job: Job) -> Path:
    return bench.folder / waveform_key(job.job_id)


async def test_it_is_kept_when_the_decoded_sound_is_gone(bench: Workbench) -> None:
    job = await ended(bench)
    assert (job.status, job.warnings) == (JobStatus.COMPLETED, ())
    assert bench.pcm_files() == []
    document = json.loads(kept(bench, job).read_bytes())
    assert document["length"] * document["samples_per_pixel"] == 30 * 16_000
    assert set(document["data"]) == {0}


async def test_it_goes_with_its_job(bench: Workbench) -> None:
    job = await ended(bench)
    assert kept(bench, job).is_file()
    await bench.service().delete(job.job_id)
    assert not kept(bench, job).exists()


@pytest.mark.parametrize(
    "trouble", [StorageFull("no space left"), RuntimeError("a fault of ours")], ids=type
)
async def test_where_it_cannot_be_made_the_job_has_a_warning_and_all_the_rest(
    bench: Workbench, trouble: Exception
) -> None:
    good = await ended(bench)
    bench.waveforms = Broken(trouble)
    job = await ended(bench)
    assert (job.status, job.errors, job.attempts) == (JobStatus.COMPLETED, 0, 1)
    assert [warning.code for warning in job.warnings] == ["waveform.failed"]
    assert str(trouble) in job.warnings[0].message
    texts = [await bench.transcripts.load(each.job_id) for each in (good, job)]
    assert texts[0] is not None and texts[1] is not None
    assert texts[0].text == texts[1].text != ""
    assert not kept(bench, job).exists() and bench.pcm_files() == []
