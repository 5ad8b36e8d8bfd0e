"""What makes moments findable arrives bit by bit, and each bit serves as soon as it is there."""

import asyncio
import json
import os
import resource
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import cast

import pytest

from app.adapters.process_pool import ProcessPool
from app.adapters.weights.shelf import ModelShelf
from app.bootstrap import finding as finding_module
from app.bootstrap.finding import Finding, open_finding
from app.bootstrap.records import Records
from app.bootstrap.workshop import transcribe_file
from app.config import AppSettings, Pictures, load_settings
from app.domain.decoding import DecodingOptions
from app.domain.errors import EngineError, ModelNotFound, StorageError, Unavailable
from app.domain.metrics import UNCOUNTED
from app.domain.models import LocatedModel, ModelKind, ModelSource
from app.domain.search import MatchReason, SearchMode, SearchQuery
from app.ports import Darkroom, Progress
from app.services.arriving import ArrivingEmbedder, ArrivingIndex
from app.services.indexer import Indexer
from app.services.search import FILLING, SearchService
from tests.contracts.test_vector_index import moment
from tests.media import silence
from tests.unit.workbench import Workbench, opened

AGAIN = (0.0,)  # seconds


class Line:
    """Weights behind a slow line that fails at first; the rest is a real shelf's."""

    def __init__(self, folder: Path, *, failures: int = 0) -> None:
        self.folder, self.shelf = folder, ModelShelf(folder)
        self.failures = failures
        self.open = threading.Event()

    def find(self, name: str, kind: ModelKind, progress: Progress | None = None) -> LocatedModel:
        assert self.open.wait(60)
        if self.failures:
            self.failures -= 1
            raise ModelNotFound("no network")
        return self.shelf.find(name, kind)


class Announced(Line):
    """A folder that says how long the vectors are, and holds no model."""

    def find(self, name: str, kind: ModelKind, progress: Progress | None = None) -> LocatedModel:
        assert self.open.wait(60)
        return LocatedModel(name=name, kind=kind, path=self.folder, source=ModelSource.PATH)


class Late(Line):
    """No network until there is; another name for MiniLM."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.network = threading.Event()

    def find(self, name: str, kind: ModelKind, progress: Progress | None = None) -> LocatedModel:
        assert self.open.wait(60)
        if not self.network.is_set():
            raise ModelNotFound("no network")
        return self.shelf.find("all-MiniLM-L6-v2", kind)


def settings(folder: Path, model: str = "all-MiniLM-L6-v2") -> AppSettings:
    return load_settings(
        storage={"data_dir": folder},
        search={"backend": "onnx", "embedding_model": model},
        models={"pypi": False, "hub": False},
    )


@asynccontextmanager
async def prepared(
    bench: Workbench, weights: Line, chosen: AppSettings
) -> AsyncIterator[tuple[Finding, "asyncio.Task[None]"]]:
    """Preparing, in the background; ends with the block."""
    finding = Finding(
        settings=chosen,
        weights=cast(ModelShelf, weights),
        pool=ProcessPool(1, name="embedding"),
        embedder=ArrivingEmbedder("embedding model", delays=AGAIN),
        index=ArrivingIndex("search index", delays=AGAIN),
    )
    preparing = asyncio.create_task(finding.prepare(cast(Records, bench)))
    try:
        yield finding, preparing
    finally:
        weights.open.set()
        preparing.cancel()
        with suppress(asyncio.CancelledError):
            await preparing
        await finding.pool.aclose()


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[Workbench]:
    async with opened(tmp_path) as bench:
        yield bench


def searching(bench: Workbench, finding: Finding) -> SearchService:
    """As the house has it, without pictures."""
    indexer = Indexer(bench.books, finding.embedder, finding.index, bench.watch)
    return finding.search(None, cast(Darkroom, None), indexer, UNCOUNTED)


async def done(bench: Workbench) -> str:
    job = await bench.upload()
    await bench.worker().run_once()
    return job.job_id


async def test_keyword_search_answers_while_the_weights_are_still_fetched(
    bench: Workbench, model_folder: Path
) -> None:
    weights = Line(model_folder, failures=2)
    async with prepared(bench, weights, settings(bench.folder)) as (finding, preparing):
        service = SearchService(finding.index, finding.embedder)
        await (await finding.index.get()).upsert([moment(text="a stitch in time")], [None])
        answer = await service.answer(SearchQuery(text="stitch"))
        assert [hit.text for hit in answer.hits] == ["a stitch in time"]
        assert answer.mode is SearchMode.KEYWORD and answer.notice
        weights.open.set()
        await preparing
        answer = await service.answer(SearchQuery(text="stitch"))
        assert answer.mode is SearchMode.HYBRID
        assert finding.embedder.trouble is None


async def test_what_was_done_without_the_model_is_found_by_meaning_when_it_comes(
    bench: Workbench, model_folder: Path
) -> None:
    job_id = await done(bench)
    weights = Line(model_folder, failures=1)
    async with prepared(bench, weights, settings(bench.folder)) as (finding, preparing):
        service = searching(bench, finding)
        await finding.index.get()
        answer = await service.answer(SearchQuery(text="country"))
        assert answer.notice and FILLING.format(1) in answer.notice and not answer.hits
        weights.open.set()
        await preparing
        query = SearchQuery(text="window number 0", mode=SearchMode.SEMANTIC)
        answer = await service.answer(query)
        assert answer.notice is None
        assert [(hit.asset_id, hit.why) for hit in answer.hits] == [
            (job_id, (MatchReason.SEMANTIC,))
        ]
        assert await bench.assets.unindexed(finding.index.generation, 9) == []


async def test_the_index_of_another_model_opens_with_the_length_that_its_folder_tells(
    bench: Workbench, tmp_path: Path
) -> None:
    folder = tmp_path / "model"
    folder.mkdir()
    (folder / "config.json").write_text(json.dumps({"hidden_size": 7}))
    weights = Announced(folder)
    async with prepared(bench, weights, settings(bench.folder, "another")) as (finding, _):
        with pytest.raises(Unavailable, match="still loading"):
            finding.index.now()
        weights.open.set()
        await finding.index.upsert([moment()], [[1.0] * 7])
        assert await finding.index.count() == 1


async def test_an_index_opened_before_its_model_is_begun_anew_when_the_vectors_do_not_fit(
    bench: Workbench, model_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(finding_module, "MINILM_DIMENSIONS", 7)
    job_id = await done(bench)
    weights = Late(model_folder)
    async with prepared(bench, weights, settings(bench.folder, "another")) as (finding, preparing):
        weights.open.set()
        guessed = await finding.index.get()
        await guessed.upsert([moment(text="a stitch in time")], [None])
        before = guessed.generation
        weights.network.set()
        await preparing
        assert finding.index.generation != before
        assert await finding.index.count() == 1
        query = SearchQuery(text="window number 0", mode=SearchMode.SEMANTIC)
        answer = await SearchService(finding.index, finding.embedder).answer(query)
        assert [hit.asset_id for hit in answer.hits] == [job_id]


async def started(
    bench: Workbench, model_folder: Path, length: int, name: str = "a-clip-model"
) -> str:
    """One start of the service with a model for pictures; the generation of its index."""
    weights = Line(model_folder)
    weights.open.set()
    finding = Finding(
        settings=settings(bench.folder).model_copy(
            update={"pictures": Pictures(visual_model=name)}
        ),
        weights=cast(ModelShelf, weights),
        pool=ProcessPool(1, name="embedding"),
        embedder=ArrivingEmbedder("embedding model", delays=AGAIN),
        index=ArrivingIndex("search index", delays=AGAIN),
    )

    async def lengths() -> int:
        return length

    try:
        await finding.prepare(cast(Records, bench), lengths)
        assert await bench.assets.unindexed(finding.index.generation, 9) == []
        return finding.index.generation
    finally:
        await finding.pool.aclose()
        await finding.whole().aclose()


async def test_a_start_with_another_model_for_pictures_embeds_nothing_anew(
    bench: Workbench, model_folder: Path
) -> None:
    """The length of its vectors is known from the table before the model is there."""
    await done(bench)
    first = await started(bench, model_folder, 512)
    assert await started(bench, model_folder, 512) == first
    assert await started(bench, model_folder, 768) != first


async def test_another_model_for_pictures_with_vectors_as_long_begins_a_table_of_its_own(
    bench: Workbench, model_folder: Path
) -> None:
    await done(bench)
    first = await started(bench, model_folder, 512)
    other = await started(bench, model_folder, 512, "another-clip-model")
    assert other != first
    assert await started(bench, model_folder, 512, "another-clip-model") == other


async def test_without_a_model_for_pictures_the_table_of_an_earlier_one_stays(
    bench: Workbench, model_folder: Path
) -> None:
    await done(bench)
    first = await started(bench, model_folder, 512)
    assert await started(bench, model_folder, 1280, "none") == first
    assert await started(bench, model_folder, 512) == first


async def test_a_refill_that_fails_ends_nothing_else(
    bench: Workbench, model_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(generation: str, limit: int) -> list[str]:
        raise StorageError("the disk is gone")

    monkeypatch.setattr(bench.assets, "unindexed", broken)
    weights = Line(model_folder)
    weights.open.set()
    async with prepared(bench, weights, settings(bench.folder)) as (finding, preparing):
        await preparing
        assert finding.index.ready and finding.embedder.ready


async def test_the_command_line_tries_once_to_get_the_detector_and_tells_why_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def nowhere(*_: object) -> LocatedModel:
        raise ModelNotFound("no network")

    monkeypatch.setattr(ModelShelf, "find", nowhere)
    sound = silence(tmp_path / "quiet.wav", 1.0)
    async with asyncio.timeout(30):
        with pytest.raises(EngineError, match="no network"):
            await transcribe_file(
                settings(tmp_path),
                sound,
                DecodingOptions(),
                provider="openai",
                model=None,
                progress=lambda _: None,
            )


async def test_the_embedding_worker_is_bounded_and_never_recycled(tmp_path: Path) -> None:
    """A search would wait until the model is loaded again."""
    bounds = {"memory_limit": 1024**3, "recycle_after": 1}
    chosen = load_settings(storage={"data_dir": tmp_path}, workers=bounds)
    async with open_finding(chosen, ModelShelf(tmp_path), tmp_path / "logs") as finding:
        limit, _ = await finding.pool.run(resource.getrlimit, resource.RLIMIT_DATA)
        pids = [await finding.pool.run(os.getpid) for _ in range(2)]
    assert limit == 1024**3
    assert len(set(pids)) == 1
