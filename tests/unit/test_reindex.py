"""An index that was begun anew is filled from the database."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from app.domain.errors import EngineError
from app.domain.jobs import JobOptions
from app.services import reindex
from tests.unit.workbench import Notebook, Workbench, opened


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[Workbench]:
    async with opened(tmp_path) as bench:
        yield bench


async def done(bench: Workbench, count: int, options: JobOptions | None = None) -> None:
    worker = bench.worker()
    for _ in range(count):
        await bench.upload(5.0, options=options)
        await worker.run_once()


async def refilled(bench: Workbench) -> Notebook:
    index = Notebook()
    await reindex.refill(bench.store, bench.transcripts, bench.embedder, index)
    return index


async def test_all_transcripts_are_found_again(
    bench: Workbench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reindex, "PAGE", 2)
    await done(bench, 5)
    index = Notebook()
    number = await reindex.refill(bench.store, bench.transcripts, bench.embedder, index)
    assert number == 5
    assert index.assets == bench.index.assets and len(index.assets) == 5


async def test_of_two_jobs_for_one_asset_the_newer_stays(bench: Workbench) -> None:
    await done(bench, 2, JobOptions(asset_id="lecture", title="old"))
    await done(bench, 1, JobOptions(asset_id="lecture", title="new"))
    [(moment, _)] = (await refilled(bench)).assets["lecture"]
    assert moment.title == "new"


async def test_what_has_no_transcript_is_passed_over(bench: Workbench) -> None:
    await bench.upload_bytes(b"no sound")
    await bench.worker().run_once()
    await bench.upload()
    assert (await refilled(bench)).assets == {}


async def test_without_the_model_moments_are_kept_for_keywords(bench: Workbench) -> None:
    await done(bench, 1)
    bench.embedder.trouble = EngineError("not loaded")
    [[(moment, vector)]] = (await refilled(bench)).assets.values()
    assert (moment.text, vector) == ("window 0", None)
