"""Parts that are still being fetched or loaded while the service already answers."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from typing import Generic, TypeVar

from loguru import logger

from app.domain.errors import EngineError, SpoolError, Unavailable
from app.domain.media import Audio
from app.domain.search import Moment, SearchHit, SearchQuery
from app.ports import Embedder, SpeechDetector, Vector, VectorIndex

T = TypeVar("T")


class Arriving(Generic[T]):
    """A part that arrives once, or fails with a reason; those who need it wait."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.here: T | None = None
        self.trouble: SpoolError | None = None
        self._settled = asyncio.Event()

    def arrive(self, part: T) -> None:
        self.here = part
        self._settled.set()

    def fail(self, trouble: SpoolError) -> None:
        self.trouble = trouble
        self._settled.set()

    async def bring(self, make: Callable[[], Awaitable[T]]) -> None:
        """Make the part and let it arrive. Never raises: see `endure`."""

        async def work() -> None:
            self.arrive(await make())

        await self.endure(work())

    async def endure(self, work: Awaitable[None]) -> None:
        """The service goes on without the part; /health and whoever needs it say why."""
        try:
            await work
        except SpoolError as error:
            self.fail(error)
            logger.error("{}: {}", self.name, error.message)
        except Exception as error:
            self.fail(SpoolError(f"{type(error).__name__}: {error}"))
            logger.exception("{} does not load", self.name)

    async def get(self) -> T:
        """Raises EngineError when it will not come."""
        await self._settled.wait()
        if self.here is None:
            raise EngineError(f"{self.name}: {self.trouble}") from self.trouble
        return self.here

    def now(self) -> T:
        """Raises Unavailable while it is under way."""
        if self.here is None:
            raise Unavailable(f"{self.name}: {self.trouble or 'still loading'}")
        return self.here


class ArrivingDetector(Arriving[SpeechDetector]):
    """Implements `ports.SpeechDetector`."""

    async def probabilities(self, audio: Audio) -> AsyncIterator[Sequence[float]]:
        detector = await self.get()
        async for block in detector.probabilities(audio):
            yield block


class ArrivingEmbedder(Arriving[Embedder]):
    """Implements `ports.Embedder`."""

    @property
    def ready(self) -> bool:
        return self.here is not None and self.here.ready

    async def embed(self, texts: Sequence[str]) -> Sequence[Vector]:
        return await (await self.get()).embed(texts)


class ArrivingIndex(Arriving[VectorIndex]):
    """Implements `ports.VectorIndex`. Writers wait for it, readers are told to come back."""

    @property
    def ready(self) -> bool:
        return self.here is not None and self.here.ready

    async def upsert(self, moments: Sequence[Moment], vectors: Sequence[Vector | None]) -> None:
        await (await self.get()).upsert(moments, vectors)

    async def replace_asset(
        self, asset_id: str, moments: Sequence[Moment], vectors: Sequence[Vector | None]
    ) -> None:
        await (await self.get()).replace_asset(asset_id, moments, vectors)

    async def delete_asset(self, asset_id: str) -> None:
        await (await self.get()).delete_asset(asset_id)

    async def search(self, query: SearchQuery, vector: Vector | None) -> Sequence[SearchHit]:
        return await self.now().search(query, vector)

    async def count(self) -> int:
        return await self.now().count()
