"""Parts that are still being fetched or loaded while the service already answers."""

import asyncio
from asyncio import sleep
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from itertools import chain, repeat
from typing import Generic, TypeVar

from loguru import logger

from app.domain.errors import EngineError, SpoolError, StillLoading, Unavailable
from app.domain.pictures import Bitmap, Sight
from app.domain.search import Moment, SearchHit, SearchQuery
from app.ports import Embedder, Sound, SpeechDetector, Vector, VectorIndex, VisualEmbedder

T = TypeVar("T")

RETRY_DELAYS = (5.0, 10.0, 20.0, 40.0, 60.0)  # seconds


class Arriving(Generic[T]):
    """A part that arrives sooner or later; those who need it wait for the first try.

    `delays`: seconds between tries; after the last of them, that one again and again.
    """

    def __init__(self, name: str, *, delays: Sequence[float] = RETRY_DELAYS) -> None:
        self.name = name
        self.here: T | None = None
        #: Why the latest try failed; None again once a try works out.
        self.trouble: SpoolError | None = None
        self._delays = delays
        self._settled = asyncio.Event()

    def arrive(self, part: T) -> None:
        self.here, self.trouble = part, None
        self._settled.set()

    def fail(self, trouble: SpoolError) -> None:
        self.trouble = trouble
        self._settled.set()

    async def bring(self, make: Callable[[], Awaitable[T]]) -> None:
        """Make the part, trying again until it arrives. Never raises."""
        await self.insist(lambda: self._arrival(make))

    async def attempt(self, make: Callable[[], Awaitable[T]]) -> bool:
        """Make the part, once. Never raises: who needs the part is told why it is not there."""
        return await self._endured(lambda: self._arrival(make))

    async def insist(self, work: Callable[[], Awaitable[object]]) -> None:
        """Work on the part, trying again until that is done. Never raises."""
        for delay in chain(self._delays, repeat(self._delays[-1])):
            if await self._endured(work):
                return
            await sleep(delay)

    async def _arrival(self, make: Callable[[], Awaitable[T]]) -> None:
        self.arrive(await make())

    async def _endured(self, work: Callable[[], Awaitable[object]]) -> bool:
        """The service goes on without the part; /health and whoever needs it say why."""
        try:
            await work()
        except SpoolError as error:
            self.fail(error)
            logger.error("{}: {}", self.name, error.message)
        except Exception as error:
            self.fail(SpoolError(f"{type(error).__name__}: {error}"))
            logger.exception("{} does not load", self.name)
        else:
            self.trouble = None
            return True
        return False

    async def get(self) -> T:
        """Waits while the first try is under way. Raises EngineError after one that failed."""
        await self._settled.wait()
        if self.here is None:
            raise EngineError(f"{self.name}: {self.trouble}") from self.trouble
        return self.here

    def now(self) -> T:
        """Raises Unavailable, with the reason, while it is not there."""
        if self.here is not None:
            return self.here
        if self.trouble is not None:
            raise Unavailable(f"{self.name}: {self.trouble}", hint=self.trouble.hint)
        raise StillLoading(f"{self.name}: still loading", hint="try again in a few seconds")


class ArrivingDetector(Arriving[SpeechDetector]):
    """Implements `ports.SpeechDetector`."""

    async def probabilities(self, sound: Sound) -> AsyncIterator[Sequence[float]]:
        detector = await self.get()
        async for block in detector.probabilities(sound):
            yield block


class ArrivingEmbedder(Arriving[Embedder]):
    """Implements `ports.Embedder`."""

    @property
    def ready(self) -> bool:
        return self.here is not None and self.here.ready

    async def embed(self, texts: Sequence[str]) -> Sequence[Vector]:
        return await (await self.get()).embed(texts)


class ArrivingEyes(Arriving[VisualEmbedder]):
    """Implements `ports.VisualEmbedder`."""

    @property
    def dimensions(self) -> int:
        return self.now().dimensions

    @property
    def knows_words(self) -> bool:
        return self.here is not None and self.here.knows_words

    async def see(self, bitmap: Bitmap) -> Sight:
        return await (await self.get()).see(bitmap)

    async def imagine(self, text: str) -> Vector:
        return await self.now().imagine(text)


class ArrivingIndex(Arriving[VectorIndex]):
    """Implements `ports.VectorIndex`. Writers wait for it, readers are told to come back."""

    def __init__(self, name: str, *, delays: Sequence[float] = RETRY_DELAYS) -> None:
        super().__init__(name, delays=delays)
        self._not_deleted: set[str] = set()

    @property
    def ready(self) -> bool:
        return self.here is not None and self.here.ready

    @property
    def generation(self) -> str:
        return self.now().generation

    @property
    def renewing(self) -> bool:
        return self.here is not None and self.here.renewing

    async def renewed(self) -> None:
        await (await self.get()).renewed()

    async def upsert(self, moments: Sequence[Moment], vectors: Sequence[Vector | None]) -> None:
        await (await self.get()).upsert(moments, vectors)

    async def replace_asset(
        self, asset_id: str, moments: Sequence[Moment], vectors: Sequence[Vector | None]
    ) -> None:
        await (await self.get()).replace_asset(asset_id, moments, vectors)

    async def delete_asset(self, asset_id: str) -> None:
        await self.delete_assets([asset_id])

    async def delete_assets(self, asset_ids: Sequence[str]) -> None:
        """When that failed, they are kept in mind for `delete_late`."""
        self._not_deleted.update(asset_ids)
        await (await self.get()).delete_assets(asset_ids)
        self._not_deleted.difference_update(asset_ids)

    async def delete_late(self) -> list[str]:
        """Those that could not be deleted at their time, and now are. Never raises."""
        late = sorted(self._not_deleted)
        if late:
            with suppress(SpoolError):
                await self.delete_assets(late)
        return [asset_id for asset_id in late if asset_id not in self._not_deleted]

    async def vectors(self, asset_id: str) -> Mapping[str, Vector]:
        return await (await self.get()).vectors(asset_id)

    async def assets(self) -> set[str]:
        return await (await self.get()).assets()

    async def search(self, query: SearchQuery, vector: Vector | None) -> Sequence[SearchHit]:
        return await self.now().search(query, vector)

    async def count(self) -> int:
        return await self.now().count()
