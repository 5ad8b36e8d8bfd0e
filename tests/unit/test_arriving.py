"""Parts that load behind the service's start."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import pytest

from app.domain.errors import EngineError, ModelNotFound, Unavailable
from app.domain.media import Audio
from app.domain.search import Moment, SearchHit, SearchQuery
from app.ports import Vector
from app.services.arriving import Arriving, ArrivingDetector, ArrivingEmbedder, ArrivingIndex

AUDIO = Audio(path=Path("x"), samples=1)


class Detector:
    async def probabilities(self, audio: Audio) -> AsyncIterator[Sequence[float]]:
        yield [0.1]
        yield [0.9]


class Embedder:
    def __init__(self, ready: bool = True) -> None:
        self.ready = ready

    async def embed(self, texts: Sequence[str]) -> Sequence[Vector]:
        return [[1.0] for _ in texts]


class Index:
    ready = True

    def __init__(self) -> None:
        self.log: list[str] = []

    async def upsert(self, moments: Sequence[Moment], vectors: Sequence[Vector | None]) -> None:
        self.log.append("upsert")

    async def replace_asset(
        self, asset_id: str, moments: Sequence[Moment], vectors: Sequence[Vector | None]
    ) -> None:
        self.log.append(f"replace {asset_id}")

    async def delete_asset(self, asset_id: str) -> None:
        self.log.append(f"delete {asset_id}")

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
    with pytest.raises(Unavailable, match="still loading"):
        part.now()


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


async def test_writers_of_the_index_wait_and_readers_are_told_to_come_back() -> None:
    index, part = ArrivingIndex("index"), Index()
    assert not index.ready
    writing = asyncio.gather(
        index.upsert([], []), index.replace_asset("a", [], []), index.delete_asset("b")
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
    await index.search(SearchQuery(text="x"), None)
    assert part.log[-1] == "search x"
