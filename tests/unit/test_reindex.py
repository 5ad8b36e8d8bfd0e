"""What the index lacks is filled in from the database, however often that is cut short."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import pytest

from app.domain.assets import AssetChanges
from app.domain.errors import EngineError, SpoolError, StorageError
from app.domain.jobs import Job, JobOptions
from app.domain.search import Moment
from app.ports import Vector
from app.services import reindex
from app.services.arriving import ArrivingIndex
from app.services.indexer import Indexer
from tests.contracts.test_record_store import record
from tests.unit.workbench import Notebook, Workbench, opened, until


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[Workbench]:
    async with opened(tmp_path) as bench:
        yield bench


@pytest.fixture
def anew() -> Notebook:
    """An index that was begun anew."""
    return Notebook(generation="second")


class Choosy(Notebook):
    """Fails for some assets, and stops for good at another one, as if the power went."""

    def __init__(self, *, broken: Sequence[str] = (), stops_at: int | None = None) -> None:
        super().__init__(generation="second")
        self.trouble_with: dict[str, Exception] = {a: StorageError("torn") for a in broken}
        self.stops_at = stops_at
        self.asked: list[str] = []

    async def replace_asset(
        self, asset_id: str, moments: Sequence[Moment], vectors: Sequence[Vector | None]
    ) -> None:
        self.asked.append(asset_id)
        if len(self.kept) == self.stops_at:
            raise asyncio.CancelledError
        if asset_id in self.trouble_with:
            raise self.trouble_with[asset_id]
        await super().replace_asset(asset_id, moments, vectors)


async def done(bench: Workbench, count: int, options: JobOptions | None = None) -> list[str]:
    worker = bench.worker()
    jobs = []
    for _ in range(count):
        jobs.append((await bench.upload(5.0, options=options)).job_id)
        await worker.run_once()
    return jobs


async def refill(bench: Workbench, index: Notebook) -> int:
    return (await reindex.refill(bench.books, bench.embedder, index)).indexed


async def unindexed(bench: Workbench, index: Notebook) -> list[str]:
    return list(await bench.assets.unindexed(index.generation, 100))


async def test_all_transcripts_are_found_again(
    bench: Workbench, anew: Notebook, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reindex, "PAGE", 2)
    await done(bench, 5)
    assert await refill(bench, anew) == 5
    assert anew.kept == bench.index.kept and len(anew.kept) == 5
    assert await unindexed(bench, anew) == []


async def test_what_is_indexed_is_not_indexed_again(bench: Workbench) -> None:
    await done(bench, 2)
    asked = len(bench.embedder.asked)
    assert await refill(bench, bench.index) == 0
    assert len(bench.embedder.asked) == asked


async def test_a_refill_that_was_cut_short_goes_on_where_it_stopped(bench: Workbench) -> None:
    await done(bench, 5)
    index = Choosy(stops_at=2)
    with pytest.raises(asyncio.CancelledError):
        await refill(bench, index)
    index.stops_at = None
    assert await refill(bench, index) == 3
    assert index.kept == bench.index.kept
    assert len(index.asked) == 6  # only the one that was under way came twice


@pytest.mark.parametrize("trouble", [StorageError("torn"), ValueError("unplanned")])
async def test_a_transcript_that_fails_again_stops_nothing_and_is_tried_once(
    bench: Workbench, monkeypatch: pytest.MonkeyPatch, trouble: Exception
) -> None:
    monkeypatch.setattr(reindex, "PAGE", 1)
    jobs = await done(bench, 4)
    index = Choosy(broken=jobs[1:3])
    index.trouble_with = dict.fromkeys(jobs[1:3], trouble)
    assert await refill(bench, index) == 2
    assert sorted(index.asked) == sorted(jobs)
    assert set(index.kept) == {jobs[0], jobs[3]}
    assert sorted(await unindexed(bench, index)) == sorted(jobs[1:3])
    index.trouble_with = {}
    assert await refill(bench, index) == 2
    assert set(index.kept) == set(jobs)


@pytest.mark.parametrize("part", ["embedder", "index"])
async def test_what_ended_with_a_warning_is_repaired(bench: Workbench, part: str) -> None:
    troubled = bench.embedder if part == "embedder" else bench.index
    trouble: SpoolError = EngineError("no memory")
    troubled.trouble = trouble
    [job_id] = await done(bench, 1)
    troubled.trouble = None
    assert await refill(bench, bench.index) == 1
    [(moment, vector)] = bench.index.kept[job_id]
    assert (moment.text, vector) == ("window 0", [1.0])


async def test_of_two_jobs_for_one_asset_the_newer_stays(bench: Workbench, anew: Notebook) -> None:
    await done(bench, 2, JobOptions(asset_id="lecture", title="old"))
    await done(bench, 1, JobOptions(asset_id="lecture", title="new"))
    assert await refill(bench, anew) == 1
    [(moment, _)] = anew.kept["lecture"]
    assert moment.title == "new"


async def test_what_has_no_transcript_is_passed_over(bench: Workbench, anew: Notebook) -> None:
    await bench.upload_bytes(b"no sound")
    await bench.worker().run_once()
    await bench.upload()
    assert await refill(bench, anew) == 0
    assert anew.kept == {}


async def test_a_job_still_under_way_is_left_to_itself(bench: Workbench, anew: Notebook) -> None:
    [job_id] = await done(bench, 1)
    transcript = await bench.transcripts.load(job_id)
    assert transcript is not None
    running = await bench.upload()
    claimed = await bench.store.claim(running.job_id, "boot-1")
    assert claimed is not None
    await bench.transcripts.save(claimed, transcript)
    assert await refill(bench, anew) == 1
    assert set(anew.kept) == {job_id}


async def test_without_the_model_moments_are_kept_for_keywords_until_it_is_there(
    bench: Workbench, anew: Notebook
) -> None:
    [job_id] = await done(bench, 1)
    bench.embedder.trouble = EngineError("not loaded")
    assert await refill(bench, anew) == 0
    [(moment, vector)] = anew.kept[job_id]
    assert (moment.text, vector) == ("window 0", None)
    bench.embedder.trouble = None
    assert await refill(bench, anew) == 1
    [(_, vector)] = anew.kept[job_id]
    assert vector == [1.0]


async def test_what_no_transcript_stands_behind_is_taken_out_of_the_index(
    bench: Workbench,
) -> None:
    kept, gone = await done(bench, 2)
    assert await bench.store.delete(gone)
    assert await reindex.prune(bench.assets, bench.index) == 1
    assert set(bench.index.kept) == {kept}
    assert await reindex.prune(bench.assets, bench.index) == 0


async def test_what_is_taken_in_again_while_it_is_pruned_is_indexed_again(
    bench: Workbench,
) -> None:
    class Late(Notebook):
        async def delete_assets(self, asset_ids: Sequence[str]) -> None:
            await done(bench, 1, JobOptions(asset_id=asset_ids[0]))
            self.kept = dict(bench.index.kept)
            await super().delete_assets(asset_ids)

    bench.index.generation = "second"
    index = Late("second")
    index.kept = {"lecture": []}
    assert await reindex.prune(bench.assets, index) == 1
    assert await unindexed(bench, index) == ["lecture"]
    assert await refill(bench, index) == 1


async def test_what_the_index_lost_with_the_power_is_indexed_again(bench: Workbench) -> None:
    lost, _ = await done(bench, 2)
    del bench.index.kept[lost]
    assert await refill(bench, bench.index) == 0
    assert await reindex.unmark_lost(bench.books, bench.index) == 1
    assert await unindexed(bench, bench.index) == [lost]
    assert await refill(bench, bench.index) == 1
    assert await reindex.unmark_lost(bench.books, bench.index) == 0


async def test_what_a_job_indexes_between_two_looks_is_not_lost(bench: Workbench) -> None:
    class Meanwhile(Notebook):
        async def assets(self) -> set[str]:
            before = await super().assets()
            self.kept = dict(bench.index.kept)
            return before

    await done(bench, 1)
    index = Meanwhile(bench.index.generation)
    assert await reindex.unmark_lost(bench.books, index) == 0
    assert await unindexed(bench, index) == []


async def test_what_has_nothing_to_be_found_by_is_not_lost(
    bench: Workbench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reindex, "moments_of", lambda *_: [])
    [job_id] = await done(bench, 1)
    del bench.index.kept[job_id]
    assert await reindex.unmark_lost(bench.books, bench.index) == 0


async def test_records_count_among_what_is_behind(bench: Workbench) -> None:
    await done(bench, 1)
    indexer = Indexer(bench.books, bench.embedder, bench.index, bench.watch, bench.bulk)
    assert await indexer.behind() == 0
    kept = await bench.bulk.put([record("a"), record("b")])
    assert await indexer.behind() == 2
    await bench.bulk.mark_indexed(kept[:1], bench.index.generation)
    assert await indexer.behind() == 1
    bench.index.generation = "another"
    assert await indexer.behind() == 3


async def test_an_asset_that_a_later_job_took_over_is_not_pruned(bench: Workbench) -> None:
    first, _ = await done(bench, 2, JobOptions(asset_id="lecture"))
    assert await bench.store.delete(first)
    assert await reindex.prune(bench.assets, bench.index) == 0
    assert set(bench.index.kept) == {"lecture"}


async def test_a_transcript_that_is_not_indexed_yet_is_no_matter_for_pruning(
    bench: Workbench, anew: Notebook
) -> None:
    await done(bench, 1)
    assert await reindex.prune(bench.assets, anew) == 0


async def test_what_failed_for_a_reason_that_passes_is_indexed_once_it_has_passed(
    bench: Workbench,
) -> None:
    index = Choosy()
    bench.index = index
    index.trouble_with = {}
    job = await bench.upload()
    index.trouble_with[job.job_id] = StorageError("the disk is full")
    await bench.worker().run_once()
    assert [warning.code for warning in (await bench.now(job)).warnings] == ["index.failed"]
    looks: list[float] = []

    async def sleep(delay: float) -> None:
        looks.append(delay)
        if len(looks) == 3:
            index.trouble_with.clear()
        if len(looks) == 5:
            raise asyncio.CancelledError

    with pytest.raises(asyncio.CancelledError):
        await reindex.keep_level(bench.books, bench.embedder, index, sleep)
    assert await unindexed(bench, index) == []
    assert (await bench.now(job)).warnings == ()
    first = reindex.FIRST_LOOK
    assert looks == [first, 2 * first, 4 * first, first, first]


async def test_what_could_not_be_taken_out_of_the_index_goes_later_and_its_successor_comes_back(
    bench: Workbench,
) -> None:
    """On an instance that does not lead it stayed until somebody led anew."""
    [asset_id] = await done(bench, 1)
    index = ArrivingIndex("index")
    index.arrive(bench.index)
    bench.index.trouble = StorageError("the bucket does not answer")
    with pytest.raises(StorageError):
        await index.delete_asset(asset_id)
    looks = list[float]()

    async def sleep(delay: float) -> None:
        looks.append(delay)
        if len(looks) == 2:
            assert asset_id in bench.index.kept
            bench.index.trouble = None
        if len(looks) == 3:
            raise asyncio.CancelledError

    with pytest.raises(asyncio.CancelledError):
        await reindex.delete_late(bench.assets, index, sleep)
    assert bench.index.kept == {} and await unindexed(bench, bench.index) == [asset_id]


async def kept_and_then(bench: Workbench, job_id: str, verb: str) -> Job:
    """A job that came as far as its transcript, and then ended otherwise, or has not ended."""
    transcript = await bench.transcripts.load(job_id)
    assert transcript is not None
    job = await bench.upload()
    claimed = await bench.store.claim(job.job_id, "boot-1")
    assert claimed is not None
    await bench.transcripts.save(claimed, transcript)
    if verb == "failed":
        await bench.store.fail(claimed, EngineError("no memory"))
    elif verb == "cancelled":
        await bench.store.cancel(job.job_id)
    return job


@pytest.mark.parametrize("verb", ["failed", "cancelled"])
async def test_what_is_kept_of_a_job_that_did_not_complete_is_brought_level_too(
    bench: Workbench, verb: str
) -> None:
    [job_id] = await done(bench, 1)
    job = await kept_and_then(bench, job_id, verb)
    assert (await bench.now(job)).status.value == verb
    assert await refill(bench, bench.index) == 1
    assert await unindexed(bench, bench.index) == []


async def test_an_asset_under_way_makes_no_look_rarer(bench: Workbench) -> None:
    [job_id] = await done(bench, 1)
    await kept_and_then(bench, job_id, "runs on")
    looks: list[float] = []

    async def sleep(delay: float) -> None:
        looks.append(delay)
        if len(looks) == 4:
            raise asyncio.CancelledError

    with pytest.raises(asyncio.CancelledError):
        await reindex.keep_level(bench.books, bench.embedder, bench.index, sleep)
    assert looks == [reindex.FIRST_LOOK] * 4


async def test_a_change_made_while_its_vectors_are_made_is_what_the_index_has(
    bench: Workbench, anew: Notebook
) -> None:
    [job_id] = await done(bench, 1)
    bench.embedder.hold.clear()
    run = asyncio.create_task(refill(bench, anew))
    await until(lambda: bench.embedder.at_work == 1)
    changes = AssetChanges(title="new", segments={0: "another word"})
    assert await bench.assets.edit(job_id, changes) is not None
    bench.embedder.hold.set()
    assert await run == 1
    assert [(m.title, m.text) for m, _ in anew.kept[job_id]] == [("new", "another word")]
    assert await unindexed(bench, anew) == []


async def test_a_change_made_while_the_model_fails_is_what_the_index_has(
    bench: Workbench, anew: Notebook
) -> None:
    [job_id] = await done(bench, 1)
    bench.embedder.trouble = EngineError("no memory")
    bench.embedder.hold.clear()
    run = asyncio.create_task(refill(bench, anew))
    await until(lambda: bench.embedder.at_work == 1)
    await bench.assets.edit(job_id, AssetChanges(title="new"))
    bench.embedder.hold.set()
    assert await run == 0
    assert [moment.title for moment, _ in anew.kept[job_id]] == ["new"]


async def test_a_change_at_the_very_end_of_a_run_has_a_run_of_its_own(
    bench: Workbench, monkeypatch: pytest.MonkeyPatch
) -> None:
    [job_id] = await done(bench, 1)
    ends, runs = asyncio.Event(), 0

    async def make_good(_: str) -> None:
        nonlocal runs
        runs += 1
        ends.set()

    monkeypatch.setattr(bench.store, "make_good", make_good)
    indexer = Indexer(bench.books, bench.embedder, bench.index, bench.watch)
    first = asyncio.create_task(indexer.level(job_id))
    await ends.wait()
    await indexer.level(job_id)
    await first
    assert runs == 2
