"""What the filters along the line work with. One set serves all jobs."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from app.domain.jobs import Job
from app.pipeline.schedule import Schedules
from app.ports import (
    AssetStore,
    BlobStore,
    ChapterFinder,
    Darkroom,
    Describer,
    Embedder,
    EngineLeases,
    FrameIntake,
    FrameTaker,
    FrontMatterReader,
    MediaExtractor,
    MediaFetcher,
    PageReader,
    Scratch,
    SourceFolders,
    SpeakerFinder,
    SpeechDetector,
    TextReader,
    TopicFinder,
    TranscriptStore,
    VectorIndex,
    VisualEmbedder,
    WaveformDrawer,
    WindowJournal,
)

#: Whether so many bytes may be kept for a job: raises Forbidden where its key keeps too much.
MayKeep: TypeAlias = Callable[[Job, int], Awaitable[None]]


async def anything(job: Job, size: int) -> None:
    """It may."""


@dataclass(frozen=True, kw_only=True)
class PictureTools:
    """What looks at pictures. None: that is switched off."""

    darkroom: Darkroom
    reader: TextReader | None
    eyes: VisualEmbedder | None
    describer: Describer | None
    #: Whether it is asked about key-frames, too.
    describes_frames: bool = False


@dataclass(frozen=True, kw_only=True)
class Tools:
    blobs: BlobStore
    scratch: Scratch
    fetcher: MediaFetcher
    in_place: SourceFolders
    extractors: Sequence[MediaExtractor]
    waveforms: WaveformDrawer
    detector: SpeechDetector
    engines: EngineLeases
    journal: WindowJournal
    transcripts: TranscriptStore
    assets: AssetStore
    embedder: Embedder
    topics: TopicFinder
    chapters: ChapterFinder
    speakers: SpeakerFinder
    pictures: PictureTools
    frames: FrameTaker
    frame_jobs: FrameIntake
    texts: PageReader
    front_matter: FrontMatterReader
    index: VectorIndex
    max_window: float
    #: Asked of what was fetched; of what was sent it was asked before.
    may_keep: MayKeep = anything
    schedules: Schedules = field(default_factory=Schedules)
    #: Set when the service stops: no window is begun any more.
    stopping: asyncio.Event = field(default_factory=asyncio.Event)
