"""What the filters along the line work with. One set serves all jobs."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field

from app.ports import (
    AssetStore,
    BlobStore,
    Embedder,
    EngineLeases,
    MediaExtractor,
    MediaFetcher,
    SpeechDetector,
    TopicFinder,
    TranscriptStore,
    VectorIndex,
    WindowJournal,
)


@dataclass(frozen=True, kw_only=True)
class Tools:
    blobs: BlobStore
    fetcher: MediaFetcher
    extractors: Sequence[MediaExtractor]
    detector: SpeechDetector
    engines: EngineLeases
    journal: WindowJournal
    transcripts: TranscriptStore
    assets: AssetStore
    embedder: Embedder
    topics: TopicFinder
    index: VectorIndex
    max_window: float
    #: Set when the service stops: no window is begun any more.
    stopping: asyncio.Event = field(default_factory=asyncio.Event)
