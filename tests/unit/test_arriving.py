"""Parts that load behind the service's start."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from pathlib import Path

import pytest

from app.domain.errors import EngineError, ModelNotFound, StorageError, Unavailable
from app.domain.media import Audio
from app.domain.search import Moment, SearchHit, SearchQuery
from app.ports import Sound, Vector
from app.services import arriving
from app.services.arriving import Arriving, ArrivingDetector, ArrivingEmbedder, ArrivingIndex

AUDIO = Audio(path=Path("x"), samples=1)


class Detector:
    async def probabilities(self, sound: Sound) -> AsyncIterator[Sequence[float]]:
        yield [0.1]
        yield [0.9]


class Embedder:
    def __init__(self, ready: bool = True) -> None:
        self.ready = ready

    async def embed(self, texts: Sequence[str]) -> Sequence[Vector]:
        return [[1.0] for _ in texts]


class Index:
    ready = True
    generation = "first"

    def __init__(self) -> None:
        self.log: list[str] = []

    renewing = False

    async def renewed(self) -> None:
        self.log.append("renewed")

    async def upsert(self, moments: Sequence[Moment], vectors: Sequence[Vector | None]) -> None:
        self.log.append("upsert")

    async def replace_asset(
        self, asset_id: str, moments: Sequence[Moment], vectors: Sequence[Vector | None]
    ) -> None:
        self.log.append(f"replace {asset_id}")

    async def delete_asset(self, asset_id: str) -> None:
        raise NotImplementedError

    async def delete_assets(self, asset_ids: Sequence[str]) -> None:
        self.log.append(f"delete {' '.join(asset_ids)}")

    async def vectors(self, asset_id: str) -> Mapping[str, Vector]:
        self.log.append(f"vectors {asset_id}")
        return {}

    async def assets(self) -> set[str]:
        return {"a"}

    async def search(self, query: SearchQuery, vector: Vector | None) -> Sequence[SearchHit]:
        self.log.append(f"search {query.text}")
        return []

    async def count(self) -> int:
        return 7


async def test_who_needs_a_part_waits_until_it_is_there() -> None:
    part: Arriving[str] = Arriving("the part")
    waiting = [asyncio.create_task(part.get()) for _ in range(2)]
    await asyncio.sleep(0)
    assert not any(task.done() for task in waiting)
    part.arrive("here")
    assert await asyncio.gather(*waiting) == ["here", "here"]
    assert part.now() == "here"


async def test_who_waits_is_told_why_it_does_not_come() -> None:
    part: Arriving[str] = Arriving("the part")
    waiting = asyncio.create_task(part.get())
    await asyncio.sleep(0)
    part.fail(ModelNotFound("no such weights"))
    with pytest.raises(EngineError, match="the part: no such weights"):
        await waiting
    with pytest.raises(Unavailable, match="no such weights"):
        part.now()


async def test_who_cannot_wait_is_told_to_come_back() -> None:
    part: Arriving[str] = Arriving("the part")
    with pytest.raises(Unavailable, match="still loading") as caught:
        part.now()
    assert caught.value.hint == "try again in a few seconds"


class Supplier:
    """Brings a part after some failures; each try waits until it is let go on."""

    def __init__(self, *failures: Exception) -> None:
        self.failures = list(failures)
        self.tries = 0
        self.go = asyncio.Semaphore(0)

    async def make(self) -> str:
        await self.go.acquire()
        self.tries += 1
        if self.failures:
            raise self.failures.pop(0)
        return "here"


async def settled(part: Arriving[str], trouble: str) -> None:
    """Until the part's trouble says so."""
    async with asyncio.timeout(30):
        while trouble not in str(part.trouble):  # noqa: ASYNC110
            await asyncio.sleep(0)


async def test_a_part_that_fails_to_arrive_is_tried_again_until_it_does() -> None:
    part: Arriving[str] = Arriving("the part", delays=(0.0,))
    supplier = Supplier(ModelNotFound("no network"), OSError("cable cut"))
    bringing = asyncio.create_task(part.bring(supplier.make))
    first = asyncio.create_task(part.get())
    await asyncio.sleep(0)
    assert not first.done() and part.trouble is None
    supplier.go.release()
    with pytest.raises(EngineError, match="the part: no network"):
        await first
    supplier.go.release()
    await settled(part, "OSError: cable cut")
    with pytest.raises(EngineError, match="cable cut"):  # at once, though the next try is on
        await part.get()
    with pytest.raises(Unavailable, match="cable cut"):
        part.now()
    supplier.go.release()
    await bringing
    assert (await part.get(), part.now(), part.trouble) == ("here", "here", None)
    assert supplier.tries == 3


async def test_work_on_a_part_is_tried_again_and_its_trouble_is_told_meanwhile() -> None:
    part: Arriving[str] = Arriving("the part", delays=(0.0,))
    part.arrive("here")
    supplier = Supplier(EngineError("no memory"))
    working = asyncio.create_task(part.insist(supplier.make))
    supplier.go.release()
    await settled(part, "no memory")
    supplier.go.release()
    await working
    assert part.trouble is None and supplier.tries == 2


async def test_the_delays_between_tries_grow_and_the_last_one_stays(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    waited: list[float] = []

    async def note(delay: float) -> None:
        waited.append(delay)

    monkeypatch.setattr(arriving, "sleep", note)
    part: Arriving[str] = Arriving("the part")
    supplier = Supplier(*(ModelNotFound("no network") for _ in range(7)))
    supplier.go = asyncio.Semaphore(8)
    await part.bring(supplier.make)
    assert waited == [5, 10, 20, 40, 60, 60, 60]
    assert part.now() == "here"


async def test_one_try_is_one_try() -> None:
    part: Arriving[str] = Arriving("the part")
    supplier = Supplier(ModelNotFound("no network"))
    supplier.go.release()
    assert not await part.attempt(supplier.make)
    with pytest.raises(EngineError, match="no network"):
        await part.get()
    supplier.go.release()
    assert await part.attempt(supplier.make)
    assert await part.get() == "here"


async def test_bringing_ends_when_the_service_does() -> None:
    part: Arriving[str] = Arriving("the part")
    bringing = asyncio.create_task(part.bring(Supplier().make))
    await asyncio.sleep(0)
    bringing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await bringing
    assert part.trouble is None


async def test_listening_waits_for_the_detector() -> None:
    detector = ArrivingDetector("detector")

    async def listen() -> list[Sequence[float]]:
        return [block async for block in detector.probabilities(AUDIO)]

    waiting = asyncio.create_task(listen())
    await asyncio.sleep(0)
    assert not waiting.done()
    detector.arrive(Detector())
    assert await waiting == [[0.1], [0.9]]


async def test_embedding_waits_for_the_model_and_readiness_is_the_models_own() -> None:
    embedder = ArrivingEmbedder("embedder")
    assert not embedder.ready
    waiting = asyncio.create_task(embedder.embed(["a", "b"]))
    await asyncio.sleep(0)
    assert not waiting.done()
    part = Embedder(ready=False)
    embedder.arrive(part)
    assert await waiting == [[1.0], [1.0]]
    assert not embedder.ready
    part.ready = True
    assert embedder.ready


async def test_what_could_not_be_deleted_at_its_time_is_deleted_later() -> None:
    class Torn(Index):
        trouble = True

        async def delete_assets(self, asset_ids: Sequence[str]) -> None:
            if self.trouble:
                raise StorageError("torn")
            await super().delete_assets(asset_ids)

    index, part = ArrivingIndex("index"), Torn()
    index.arrive(part)
    with pytest.raises(StorageError):
        await index.delete_asset("a")
    assert await index.delete_late() == []
    part.trouble = False
    assert await index.delete_late() == ["a"]
    assert await index.delete_late() == []
    assert len(part.log) == 1


async def test_writers_of_the_index_wait_and_readers_are_told_to_come_back() -> None:
    index, part = ArrivingIndex("index"), Index()
    assert not index.ready
    writing = asyncio.gather(
        index.upsert([], []),
        index.replace_asset("a", [], []),
        index.delete_asset("b"),
        index.assets(),
    )
    with pytest.raises(Unavailable):
        await index.search(SearchQuery(text="x"), None)
    with pytest.raises(Unavailable):
        await index.count()
    assert part.log == []
    index.arrive(part)
    await writing
    assert sorted(part.log) == ["delete b", "replace a", "upsert"]
    assert index.ready and await index.count() == 7
    assert index.generation == "first"
    await index.search(SearchQuery(text="x"), None)
    assert part.log[-1] == "search x"
