"""Every socket of the house: adapters plug in, services and pipelines call.

All adapters translate their library's errors into `app.domain.errors` at their own edge.
"""

from app.ports.assets import AssetStore
from app.ports.backups import BackupRows, Snapshots
from app.ports.census import Census
from app.ports.confinement import Confinement
from app.ports.engines import (
    ChapterFinder,
    Embedder,
    EngineLeases,
    ModelStore,
    SpeakerFinder,
    TopicFinder,
    TranscriptionEngine,
    WorkerPool,
)
from app.ports.files import (
    Ballast,
    BlobStore,
    GrowingFile,
    Reserve,
    ResumableFiles,
    Scratch,
    StoredFile,
)
from app.ports.guide import GuideReader
from app.ports.index import IndexKeeper, RecordIndex, VectorIndex
from app.ports.instances import JobNews, Leadership, SharedNotes
from app.ports.jobs import BootLog, JobQueue, JobStore, TranscriptStore, WindowJournal
from app.ports.keyframes import FrameIntake, FrameTaker
from app.ports.keys import KeyStore
from app.ports.media import (
    Growth,
    MediaExtractor,
    MediaFetcher,
    Sound,
    SpeechDetector,
    WaveformDrawer,
)
from app.ports.metrics import Meter, MetricsPage
from app.ports.news import NewsStore
from app.ports.pictures import Darkroom, Describer, TextReader, VisualEmbedder
from app.ports.records import RecordStore
from app.ports.shares import ShareStore
from app.ports.sources import FilesBeneath, SourceFolders
from app.ports.texts import FrontMatterReader, PageReader
from app.ports.tracing import Tracer
from app.ports.types import Progress, Vector
from app.ports.uploads import UploadStore
from app.ports.watched import WatchNotes
from app.ports.webhooks import DeliveryStore, WebhookPoster, WebhookSigner

__all__ = [
    "AssetStore",
    "BackupRows",
    "Ballast",
    "BlobStore",
    "BootLog",
    "Census",
    "ChapterFinder",
    "Confinement",
    "Darkroom",
    "DeliveryStore",
    "Describer",
    "Embedder",
    "EngineLeases",
    "FilesBeneath",
    "FrameIntake",
    "FrameTaker",
    "FrontMatterReader",
    "GrowingFile",
    "Growth",
    "GuideReader",
    "IndexKeeper",
    "JobNews",
    "JobQueue",
    "JobStore",
    "KeyStore",
    "Leadership",
    "MediaExtractor",
    "MediaFetcher",
    "Meter",
    "MetricsPage",
    "ModelStore",
    "NewsStore",
    "PageReader",
    "Progress",
    "RecordIndex",
    "RecordStore",
    "Reserve",
    "ResumableFiles",
    "Scratch",
    "ShareStore",
    "SharedNotes",
    "Snapshots",
    "Sound",
    "SourceFolders",
    "SpeakerFinder",
    "SpeechDetector",
    "StoredFile",
    "TextReader",
    "TopicFinder",
    "Tracer",
    "TranscriptStore",
    "TranscriptionEngine",
    "UploadStore",
    "Vector",
    "VectorIndex",
    "VisualEmbedder",
    "WatchNotes",
    "WaveformDrawer",
    "WebhookPoster",
    "WebhookSigner",
    "WindowJournal",
    "WorkerPool",
]
