"""Every socket of the house: adapters plug in, services and pipelines call.

All adapters translate their library's errors into `app.domain.errors` at their own edge.
"""

from app.ports.engines import Embedder, EngineLeases, ModelStore, TranscriptionEngine, WorkerPool
from app.ports.files import Ballast, BlobStore
from app.ports.index import VectorIndex
from app.ports.jobs import BootLog, JobQueue, JobStore, TranscriptStore, WindowJournal
from app.ports.media import MediaExtractor, MediaFetcher, SpeechDetector
from app.ports.types import Progress, Vector
from app.ports.webhooks import DeliveryStore, WebhookPoster, WebhookSigner

__all__ = [
    "Ballast",
    "BlobStore",
    "BootLog",
    "DeliveryStore",
    "Embedder",
    "EngineLeases",
    "JobQueue",
    "JobStore",
    "MediaExtractor",
    "MediaFetcher",
    "ModelStore",
    "Progress",
    "SpeechDetector",
    "TranscriptStore",
    "TranscriptionEngine",
    "Vector",
    "VectorIndex",
    "WebhookPoster",
    "WebhookSigner",
    "WindowJournal",
    "WorkerPool",
]
