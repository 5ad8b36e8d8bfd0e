"""What makes moments findable; loads behind the service's start."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from loguru import logger

from app.adapters.embedders.chapters import PhraseChapters
from app.adapters.embedders.slot import MINILM_DIMENSIONS, SlotEmbedder
from app.adapters.embedders.text_onnx import OnnxEmbedder
from app.adapters.embedders.text_torch import TorchEmbedder
from app.adapters.embedders.topics import KeybertTopics
from app.adapters.lance_index.index import LanceIndex
from app.adapters.lance_index.lengths import visual_space
from app.adapters.lance_index.schema import VISUAL_DIMENSIONS
from app.adapters.process_pool import ProcessPool
from app.adapters.snowball import english_stem
from app.adapters.weights.shelf import ModelShelf
from app.bootstrap.models import NO_MODEL, embedding_kind, located
from app.bootstrap.records import Records
from app.bootstrap.seeing import LITE0
from app.bootstrap.stores import index_uri
from app.config import AppSettings
from app.domain.errors import EngineError, SpoolError, Unavailable
from app.domain.metrics import UNCOUNTED
from app.domain.models import ModelKind
from app.ports import AssetStore, Darkroom, Meter, RecordStore
from app.services.arriving import ArrivingEmbedder, ArrivingEyes, ArrivingIndex
from app.services.duties import Leading
from app.services.indexer import Indexer
from app.services.records import RecordService
from app.services.reindex import delete_late, fill, keep_level, prune, unmark_lost
from app.services.search import SearchService

MINILM = "all-MiniLM-L6-v2"


#: Numbers in the vectors of pictures; waits for their model.
Lengths = Callable[[], Awaitable[int]]


@dataclass(kw_only=True)
class PictureSpace:
    """Known for sure only when the model for pictures is there."""

    dimensions: int = VISUAL_DIMENSIONS
    #: Of the vectors in the table, for when no model is wanted.
    model: str = LITE0
    #: By the model, and not by an earlier table.
    told: bool = False


@dataclass(frozen=True, kw_only=True)
class Finding:
    settings: AppSettings
    weights: ModelShelf
    pool: ProcessPool
    embedder: ArrivingEmbedder
    index: ArrivingIndex
    #: Only who leads begins tables that others may be using.
    leading: Leading = field(default_factory=lambda: Leading(now=True))
    pictures: PictureSpace = field(default_factory=PictureSpace)
    #: Held by whoever writes records.
    writing: asyncio.Lock = field(default_factory=asyncio.Lock)
    #: Records that could not be taken out of the index at their time.
    late: set[str] = field(default_factory=set)
    arriving: asyncio.Lock = field(default_factory=asyncio.Lock)
    #: Table and model, once.
    there: asyncio.Event = field(default_factory=asyncio.Event)
    #: The table lacked nothing, once.
    level: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def topics(self) -> KeybertTopics:
        return KeybertTopics(self.pool, self.embedder)

    @property
    def chapters(self) -> PhraseChapters:
        return PhraseChapters(self.pool, self.embedder)

    def whole(self) -> LanceIndex:
        """All that the index can do. Raises Unavailable, with the reason, while it is not there."""
        index = self.index.now()
        if not isinstance(index, LanceIndex):
            raise Unavailable("the search index is of another kind")
        return index

    async def arrived(self) -> LanceIndex:
        """The same, once the first try to open it is over."""
        with suppress(EngineError):
            await self.index.get()
        return self.whole()

    def search(
        self, eyes: ArrivingEyes | None, darkroom: Darkroom, indexer: Indexer, meter: Meter
    ) -> SearchService:
        return SearchService(
            self.index,
            self.embedder,
            eyes,
            darkroom,
            stem=english_stem,
            meter=meter,
            missing=partial(self._missing, indexer),
        )

    async def _missing(self, indexer: Indexer) -> int:
        """Each look is one at the database: none is made any more once all was there."""
        if self.level.is_set():
            return 0
        number = await indexer.behind()
        if number == 0:
            self.level.set()
        return number or 0

    def records(self, store: RecordStore) -> RecordService:
        return RecordService(
            store=store,
            index=self.arrived,
            embedder=self.embedder,
            model=self.settings.search.embedding_model,
            writing=self.writing,
            late=self.late,
        )

    async def arrive(self) -> None:
        """Table and model, at each instance. Who calls it meanwhile waits for the first."""
        async with self.arriving:
            if not self.there.is_set():
                await asyncio.gather(self._load_embedder(), self.index.bring(self._index))
                self.there.set()

    async def prepare(self, records: Records, lengths: Lengths | None = None) -> None:
        """Table and model at once; then what the table lacks is filled in, with vectors.

        `lengths` tells how many numbers the vectors of pictures have, once their model is there.
        """
        await self.arrive()
        await self._fit_index()
        await self._fill(records)
        if lengths is not None and self._chosen_for_pictures != NO_MODEL:
            with suppress(SpoolError):
                self.pictures.dimensions, self.pictures.told = await lengths(), True
            if not self._fits():
                await self._fit_index()
                await self._fill(records)

    async def keep_level(self, records: Records, lengths: Lengths | None = None) -> None:
        """For as long as the service lives."""
        await self.prepare(records, lengths)
        self.level.set()
        bulk = self.records(records.bulk)
        await keep_level(records.books, self.embedder, self.index, extra=bulk.level)

    async def delete_late(self, assets: AssetStore) -> None:
        """For as long as the service lives, on each instance."""
        await delete_late(assets, self.index)

    async def _fill(self, records: Records) -> None:
        try:
            await prune(records.assets, self.index)
            await unmark_lost(records.books, self.index)
            bulk = self.records(records.bulk)
            await bulk.prune()
            await fill(records.books, self.embedder, self.index, extra=bulk.level)
        except Exception:
            logger.exception("the index could not be refilled: the next start goes on")

    async def _load_embedder(self) -> None:
        """In two steps: the folder alone tells the table how long vectors are."""
        await self.embedder.bring(self._embedder)
        if isinstance(self.embedder.here, SlotEmbedder):
            await self.embedder.insist(self.embedder.here.load)

    async def _embedder(self) -> SlotEmbedder:
        model, kind = self.settings.search.embedding_model, embedding_kind(self.settings)
        found = await located(self.weights, model, kind)
        make = TorchEmbedder if kind is ModelKind.SENTENCE else OnnxEmbedder
        return make(self.pool, found.path, model)

    async def _index(self) -> LanceIndex:
        """Searches by keyword need no more than this."""
        uri = index_uri(self.settings.storage)
        await self._guess_pictures(uri)
        index = LanceIndex(
            uri,
            dimensions=await self._dimensions(),
            model=self.settings.search.embedding_model,
            visual_dimensions=self.pictures.dimensions,
            visual_model=self._visual_model,
            options=self.settings.storage.store_options,
            begins=lambda: self.leading.now,
        )
        await index.open()
        return index

    @property
    def _visual_model(self) -> str:
        """Where none is wanted, what is there stays as it is."""
        chosen = self._chosen_for_pictures
        return self.pictures.model if chosen == NO_MODEL else chosen

    @property
    def _chosen_for_pictures(self) -> str:
        return self.settings.pictures.visual_model

    async def _guess_pictures(self, uri: str) -> None:
        """Their model is there only later. A table of another length would have to be filled
        twice at each start: with what is there now, and anew when the model has come."""
        if self.pictures.told or self._chosen_for_pictures == LITE0:
            return
        model = self.settings.search.embedding_model
        found = await visual_space(uri, model, self.settings.storage.store_options)
        self.pictures.model, self.pictures.dimensions = found or (LITE0, VISUAL_DIMENSIONS)

    async def _dimensions(self) -> int:
        """Of the default model they are known; another one's folder is waited for.

        Without that, moments are found by keyword at least: then any length will do.
        """
        if self.embedder.here is None and self.settings.search.embedding_model != MINILM:
            with suppress(EngineError):
                await self.embedder.get()
        embedder = self.embedder.here
        return embedder.dimensions if isinstance(embedder, SlotEmbedder) else MINILM_DIMENSIONS

    async def _fit_index(self) -> None:
        """Begin it anew when a model came later and its vectors have another length."""
        index = self.index.here
        if isinstance(index, LanceIndex) and not self._fits():
            await index.aclose()
            await self.index.bring(self._index)

    def _fits(self) -> bool:
        index, embedder = self.index.here, self.embedder.here
        if not isinstance(index, LanceIndex):
            return True
        if isinstance(embedder, SlotEmbedder) and index.dimensions != embedder.dimensions:
            return False
        return index.visual_dimensions == self.pictures.dimensions


@asynccontextmanager
async def open_finding(
    settings: AppSettings,
    weights: ModelShelf,
    logs: Path,
    meter: Meter = UNCOUNTED,
    leading: Leading | None = None,
) -> AsyncIterator[Finding]:
    """`leading`: where there may be others."""
    finding = Finding(
        settings=settings,
        weights=weights,
        pool=ProcessPool(
            1,
            name="embedding",
            logs=logs,
            memory_limit=settings.workers.memory_limit,
            meter=meter,
        ),
        embedder=ArrivingEmbedder("embedding model"),
        index=ArrivingIndex("search index"),
        leading=leading or Leading(now=True),
    )
    try:
        yield finding
    finally:
        await finding.pool.aclose()
        if isinstance(finding.index.here, LanceIndex):
            await finding.index.here.aclose()
