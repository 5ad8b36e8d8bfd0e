"""A medium of ten hours goes through the line in little memory, and tells how far it is."""

import os
import shutil
import struct
import tracemalloc
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from app.domain.jobs import JobOptions, SourceKind
from app.domain.media import BYTES_PER_SECOND, SAMPLE_BYTES, SAMPLE_RATE
from app.pipeline.report import JobReport
from tests import caged
from tests.contracts.jobs import claim, new_id
from tests.unit.workbench import Workbench, opened

MiB = 2**20
HOURS = 10
SECONDS = HOURS * 3600
#: Its sound alone is 1.1 GiB; as the floats that engines hear, twice that.
MOST = 128 * MiB
ROOM = 2 * SECONDS * BYTES_PER_SECOND


class Noticing(JobReport):
    """Keeps how far it was told to be."""

    def __init__(self, *arguments: object) -> None:
        super().__init__(*arguments)  # type: ignore[arg-type]
        self.seen: list[float] = []

    def progress(self, fraction: float) -> None:
        self.seen.append(fraction)
        super().progress(fraction)


def sparse(path: Path, seconds: int) -> Path:
    """A WAV of silence that takes no room on the disk."""
    data = seconds * BYTES_PER_SECOND
    kind = struct.pack("<IHHIIHH", 16, 1, 1, SAMPLE_RATE, BYTES_PER_SECOND, SAMPLE_BYTES, 16)
    riff = struct.pack("<4sI4s4s", b"RIFF", 36 + data, b"WAVE", b"fmt ")
    path.write_bytes(riff + kind + struct.pack("<4sI", b"data", data))
    os.truncate(path, 44 + data)
    return path


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[Workbench]:
    if shutil.disk_usage(tmp_path).free < ROOM:
        pytest.skip("wants 2.2 GB for the sound of ten hours")
    async with opened(tmp_path) as bench:
        bench.extractors = (caged.soundfile(2.0 * SECONDS),)
        yield bench


async def test_ten_hours_are_heard_in_little_memory(bench: Workbench) -> None:
    """A second in five is speech to it; what the decoder takes is its own process's."""
    source = sparse(bench.folder / "long.wav", SECONDS)
    job = await bench.store.add(
        job_id=new_id(),
        source=SourceKind.PATH,
        source_name=source.name,
        input_path=str(source),
        options=JobOptions(),
    )
    report = Noticing(bench.store, await claim(bench.store, job))
    tracemalloc.start()
    try:
        await bench.pipeline().run(await bench.now(job), report)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
        await report.aclose()
    assert peak < MOST
    heard = bench.engine.heard
    assert len(heard) > 1000 and len(set(heard)) == len(heard)  # each window once
    assert (await bench.now(job)).duration == pytest.approx(SECONDS)
    assert len(set(report.seen)) > 100 and max(report.seen) <= 1.0
