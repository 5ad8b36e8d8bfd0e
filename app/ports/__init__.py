"""Every socket of the house: adapters plug in, services and pipelines call.

All adapters translate their library's errors into `app.domain.errors` at their own edge.
"""

from app.ports.assets import AssetStore
from app.ports.engines import (
    Embedder,
    EngineLeases,
    ModelStore,
    TopicFinder,
    TranscriptionEngine,
    WorkerPool,
)
from app.ports.files import Ballast, BlobStore, GrowingFile, ResumableFiles
from app.ports.index import VectorIndex
from app.ports.jobs import BootLog, JobQueue, JobStore, TranscriptStore, WindowJournal
from app.ports.keys import KeyStore
from app.ports.media import MediaExtractor, MediaFetcher, SpeechDetector
from app.ports.types import Progress, Vector
from app.ports.uploads import UploadStore
from app.ports.webhooks import DeliveryStore, WebhookPoster, WebhookSigner

__all__ = [
    "AssetStore",
    "Ballast",
    "BlobStore",
    "BootLog",
    "DeliveryStore",
    "Embedder",
    "EngineLeases",
    "GrowingFile",
    "JobQueue",
    "JobStore",
    "KeyStore",
    "MediaExtractor",
    "MediaFetcher",
    "ModelStore",
    "Progress",
    "ResumableFiles",
    "SpeechDetector",
    "TopicFinder",
    "TranscriptStore",
    "TranscriptionEngine",
    "UploadStore",
    "Vector",
    "VectorIndex",
    "WebhookPoster",
    "WebhookSigner",
    "WindowJournal",
    "WorkerPool",
]
