"""What makes moments findable; loads behind the service's start."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from app.adapters.embedders.slot import MINILM_DIMENSIONS, SlotEmbedder
from app.adapters.embedders.text_onnx import OnnxEmbedder
from app.adapters.embedders.text_torch import TorchEmbedder
from app.adapters.lance_index.index import LanceIndex
from app.adapters.process_pool import ProcessPool
from app.adapters.weights.shelf import ModelShelf
from app.bootstrap.models import embedding_kind, located
from app.bootstrap.records import Records
from app.config import AppSettings
from app.domain.models import ModelKind
from app.services.arriving import ArrivingEmbedder, ArrivingIndex
from app.services.reindex import refill


@dataclass(frozen=True, kw_only=True)
class Finding:
    settings: AppSettings
    weights: ModelShelf
    pool: ProcessPool
    embedder: ArrivingEmbedder
    index: ArrivingIndex

    async def prepare(self, records: Records) -> None:
        """Weights, then the table, then the model; an index begun anew is filled again."""
        await self.embedder.bring(self._embedder)
        await self.index.bring(self._index)
        if isinstance(self.embedder.here, SlotEmbedder):
            await self.embedder.endure(self.embedder.here.load())
        if isinstance(self.index.here, LanceIndex) and self.index.here.rebuilt:
            await refill(records.store, records.transcripts, self.embedder, self.index)

    async def _embedder(self) -> SlotEmbedder:
        model, kind = self.settings.search.embedding_model, embedding_kind(self.settings)
        found = await located(self.weights, model, kind)
        make = TorchEmbedder if kind is ModelKind.SENTENCE else OnnxEmbedder
        return make(self.pool, found.path, model)

    async def _index(self) -> LanceIndex:
        """Also without the model: then moments are found by keyword."""
        embedder = self.embedder.here
        size = embedder.dimensions if isinstance(embedder, SlotEmbedder) else MINILM_DIMENSIONS
        index = LanceIndex(
            self.settings.storage.index_uri or str(self.settings.storage.data_dir / "index"),
            dimensions=size,
            model=self.settings.search.embedding_model,
        )
        await index.open()
        return index


@asynccontextmanager
async def open_finding(settings: AppSettings, weights: ModelShelf) -> AsyncIterator[Finding]:
    finding = Finding(
        settings=settings,
        weights=weights,
        pool=ProcessPool(1, name="embedding"),
        embedder=ArrivingEmbedder("embedding model"),
        index=ArrivingIndex("search index"),
    )
    try:
        yield finding
    finally:
        await finding.pool.aclose()
        if isinstance(finding.index.here, LanceIndex):
            await finding.index.here.aclose()
