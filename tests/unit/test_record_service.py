"""Records put straight into the index, over the real index and a real database."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from app.adapters.lance_index import LanceIndex
from app.adapters.sql.database import Database
from app.adapters.sql.records import SqlRecordStore
from app.domain.errors import EngineError, InvalidRequest, StorageError
from app.domain.records import MAX_RECORDS, Record
from app.domain.search import SearchMode, SearchQuery
from app.services import records
from app.services.records import Added, RecordService
from tests.contracts.conftest import migrated_file
from tests.contracts.test_record_store import record
from tests.unit.workbench import Counting, until


@dataclass
class Desk:
    folder: Path
    store: SqlRecordStore
    index: LanceIndex
    embedder: Counting
    model: str = "m"
    writing: asyncio.Lock = field(default_factory=asyncio.Lock)
    late: set[str] = field(default_factory=set)

    @property
    def service(self) -> RecordService:
        return RecordService(
            store=self.store,
            index=self.opened,
            embedder=self.embedder,
            model=self.model,
            writing=self.writing,
            late=self.late,
        )

    async def held_level(self) -> asyncio.Task[int]:
        """It has read what it lacks, and waits for vectors until `embedder.hold` is set."""
        self.embedder.hold.clear()
        run = asyncio.create_task(self.service.level())
        await until(lambda: self.embedder.at_work == 1)
        return run

    async def opened(self) -> LanceIndex:
        return self.index

    async def found(self, text: str, mode: SearchMode = SearchMode.KEYWORD) -> list[str]:
        hits = await self.index.search(SearchQuery(text=text, mode=mode), [1.0])
        return sorted(hit.text for hit in hits)

    async def begin_anew(self, model: str = "m", dimensions: int = 1) -> None:
        await self.index.aclose()
        self.model = model
        self.index = LanceIndex(str(self.folder / model), dimensions=dimensions, model=model)
        await self.index.open()


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    index = LanceIndex(str(tmp_path / "index"), dimensions=1, model="m")
    await index.open()
    async with Database(f"sqlite:///{migrated_file(tmp_path)}") as database:
        desk = Desk(tmp_path, SqlRecordStore(database), index, Counting())
        yield desk
    await desk.index.aclose()


def given(name: str, text: str, vector: tuple[float, ...] | None = (1.0,)) -> Record:
    """As a client sends it: with no word of a model."""
    whole = record(name, text, vector=vector, model=None)
    return replace(whole, moment=replace(whole.moment, visual=None))


async def test_what_has_a_vector_is_found_at_once_in_every_way(desk: Desk) -> None:
    added = await desk.service.add([given("a", "harbour"), given("b", "lighthouse")], [])
    assert added == Added(added=2, removed=0, without_vector=0)
    assert await desk.found("harbour") == ["harbour"]
    assert await desk.found("x", SearchMode.SEMANTIC) == ["harbour", "lighthouse"]
    assert await desk.service.level() == 0 and desk.embedder.asked == []


async def test_what_has_none_is_found_by_words_at_once_and_by_meaning_later(desk: Desk) -> None:
    added = await desk.service.add([given("a", "harbour", None), given("b", "", None)], [])
    assert added.without_vector == 1
    assert await desk.found("harbour") == ["harbour"]
    assert await desk.found("x", SearchMode.SEMANTIC) == []
    assert await desk.service.level() == 1
    assert await desk.found("x", SearchMode.SEMANTIC) == ["harbour"]
    assert desk.embedder.asked == ["harbour"]


async def test_the_same_id_replaces_and_a_removed_one_goes(desk: Desk) -> None:
    await desk.service.add([given("a", "harbour"), given("b", "lighthouse")], [])
    added = await desk.service.add([given("a", "mountain")], ["b#", "unknown#"])
    assert added == Added(added=1, removed=1, without_vector=0)
    assert await desk.found("harbour lighthouse mountain") == ["mountain"]
    assert await desk.index.count() == await desk.store.count() == 1


async def test_an_index_that_begins_anew_is_filled_from_what_is_kept(desk: Desk) -> None:
    await desk.service.add([given("a", "harbour"), given("b", "lighthouse", None)], [])
    await desk.begin_anew("n")
    assert await desk.service.level() == 2
    assert await desk.found("x", SearchMode.SEMANTIC) == ["harbour", "lighthouse"]
    assert sorted(desk.embedder.asked) == ["harbour", "lighthouse"]  # the vectors were of "m"


async def test_vectors_that_came_are_kept_for_the_model_that_they_are_of(desk: Desk) -> None:
    await desk.service.add([given("a", "harbour")], [])
    await desk.index.aclose()
    desk.index = LanceIndex(str(desk.folder / "again"), dimensions=1, model="m")
    await desk.index.open()
    assert await desk.service.level() == 1 and desk.embedder.asked == []


async def test_without_the_model_nothing_is_lost(desk: Desk) -> None:
    desk.embedder.trouble = EngineError("not loaded")
    await desk.service.add([given("a", "harbour", None)], [])
    assert await desk.service.level() == 0
    desk.embedder.trouble = None
    assert await desk.service.level() == 1


async def test_a_record_removed_while_vectors_are_made_does_not_come_back(desk: Desk) -> None:
    await desk.service.add([given("a", "harbour", None), given("b", "lighthouse", None)], [])
    run = await desk.held_level()
    await desk.service.add([], ["a#"])
    desk.embedder.hold.set()
    assert await run == 1
    assert await desk.found("harbour lighthouse") == ["lighthouse"]


@pytest.mark.parametrize("removed", [[], ["a#"]], ids=["put_anew", "removed_and_put_anew"])
async def test_a_record_put_anew_while_vectors_are_made_keeps_its_new_words(
    desk: Desk, removed: list[str]
) -> None:
    await desk.service.add([given("a", "harbour", None)], [])
    run = await desk.held_level()
    if removed:
        await desk.service.add([], removed)
    await desk.service.add([given("a", "mountain")], [])
    desk.embedder.hold.set()
    assert await run == 0
    assert await desk.found("harbour mountain") == ["mountain"]
    assert await desk.store.unindexed(desk.index.generation, 9) == []


async def test_a_vector_of_another_model_stops_nobody_else(desk: Desk) -> None:
    await desk.service.add([given("a", ""), given("b", "lighthouse", None)], [])
    await desk.begin_anew("n", dimensions=2)
    desk.embedder.dimensions = 2
    assert await desk.service.level() == 2
    assert await desk.found("lighthouse") == ["lighthouse"]
    assert await desk.store.unindexed(desk.index.generation, 9) == []


async def test_what_is_kept_no_longer_is_pruned(desk: Desk) -> None:
    await desk.service.add([given("a", "harbour"), given("b", "lighthouse")], [])
    await desk.store.remove(["a#"])
    await desk.service.prune()
    assert await desk.found("harbour lighthouse") == ["lighthouse"]


@pytest.mark.parametrize("again", [False, True], ids=["gone", "put_anew"])
async def test_a_record_that_the_index_could_not_drop_is_dropped_at_the_next_look(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, again: bool
) -> None:
    await desk.service.add([given("a", "harbour"), given("b", "lighthouse")], [])
    with monkeypatch.context() as torn:
        torn.setattr(desk.index, "remove", _torn)
        with pytest.raises(StorageError):
            await desk.service.add([], ["a#"])
        assert await desk.service.level() == 0  # nor at that one
    assert await desk.found("harbour") == ["harbour"]
    if again:
        await desk.service.add([given("a", "harbour")], [])
    await desk.service.level()
    assert await desk.found("harbour") == ["harbour"] * again
    assert desk.late == set()


async def _torn(_: object) -> None:
    raise StorageError("torn")


async def test_records_that_the_index_lost_with_the_power_are_indexed_again(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(records, "PAGE", 2)
    names = [f"r{number}" for number in range(7)]
    await desk.service.add([given(name, name) for name in names], [])
    await desk.index.remove(["r1#", "r2#", "r6#"])
    assert await desk.service.level() == 0
    await desk.service.prune()
    assert await desk.service.level() == 3
    assert await desk.found("x", SearchMode.SEMANTIC) == names
    await desk.service.prune()
    assert await desk.service.level() == 0


async def test_what_does_not_fit_is_refused_and_nothing_is_done(desk: Desk) -> None:
    wrong = [given("a", "harbour"), given("b", "x", (1.0, 2.0))]
    with pytest.raises(InvalidRequest, match=r"records\.1\.vector: has 2 numbers, the index 1"):
        await desk.service.add(wrong, [])
    with pytest.raises(InvalidRequest, match=r"records\.0\.visual: has 2 numbers, the index 1280"):
        await desk.service.add([record(vector=None)], [])
    with pytest.raises(InvalidRequest, match="records: 1 to 10000"):
        await desk.service.add([], [])
    with pytest.raises(InvalidRequest, match="records: 1 to 10000"):
        await desk.service.add([given("a", "x")] * (MAX_RECORDS + 1), [])
    assert await desk.index.count() == await desk.store.count() == 0
