"""The one file that knows every room: names become adapters, and the house opens and closes."""

import asyncio
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass
from importlib.util import find_spec
from os import cpu_count
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TypeVar

from loguru import logger

from app.adapters.embedders.slot import MINILM_DIMENSIONS, SlotEmbedder
from app.adapters.embedders.text_onnx import OnnxEmbedder
from app.adapters.embedders.text_torch import TorchEmbedder
from app.adapters.engines.openai_http import OpenAIEngine
from app.adapters.engines.whisper_cpp import WhisperCppEngine
from app.adapters.fetcher.fetcher import UrlFetcher
from app.adapters.ffmpeg.extractor import FfmpegExtractor
from app.adapters.lance_index.index import LanceIndex
from app.adapters.local_storage import LocalStorage
from app.adapters.memory_queue import MemoryQueue
from app.adapters.process_pool import ProcessPool
from app.adapters.silero import SileroDetector
from app.adapters.soundfile_audio import SoundfileExtractor
from app.adapters.sql.database import Database
from app.adapters.sql.jobs import SqlJobStore
from app.adapters.sql.transcripts import SqlTranscriptStore
from app.adapters.sql.windows import SqlWindowJournal
from app.adapters.weights.shelf import ModelShelf
from app.config import AppSettings
from app.domain.decoding import DecodingOptions
from app.domain.errors import SpoolError
from app.domain.models import LocatedModel, ModelKind
from app.domain.transcript import Transcript
from app.pipeline.extract import extract
from app.pipeline.runner import Pipeline
from app.pipeline.transcribe import ForgetfulJournal, transcribe
from app.pipeline.windows import WindowCutter, windows
from app.ports import MediaExtractor, Progress, SpeechDetector, TranscriptionEngine
from app.services.arriving import Arriving, ArrivingDetector, ArrivingEmbedder, ArrivingIndex
from app.services.engines import EngineFactory, EngineShelf
from app.services.health import Health
from app.services.jobs import JobService
from app.services.reindex import refill
from app.services.roots import Roots
from app.services.search import SearchService
from app.services.watch import JobWatch
from app.services.worker import JobWorker
from app.web.doors import Doors

T = TypeVar("T")
SPEECH_MODEL = "silero-vad"


def model_store(settings: AppSettings) -> ModelShelf:
    folder = settings.storage.models_dir or settings.storage.data_dir / "models"
    models = settings.models
    return ModelShelf(folder, pypi=models.pypi, hub=models.hub, hub_url=models.hub_url)


def database_url(settings: AppSettings) -> str:
    file = settings.storage.data_dir.absolute() / "spool.db"
    return settings.storage.database_url or f"sqlite+aiosqlite:///{file}"


@dataclass(frozen=True, kw_only=True)
class Workshop:
    """What turns sound into text, for the service and for the command line alike."""

    settings: AppSettings
    weights: ModelShelf
    pool: ProcessPool
    extractors: tuple[MediaExtractor, ...]
    detector: ArrivingDetector
    engines: EngineShelf

    async def fetch_detector(self) -> None:
        await _arrive(self.detector, self._detector)

    async def _detector(self) -> SpeechDetector:
        found = await _located(self.weights, SPEECH_MODEL, ModelKind.SPEECH_DETECTION)
        return SileroDetector(self.pool, found.path)


@asynccontextmanager
async def workshop(
    settings: AppSettings, factories: Mapping[str, EngineFactory] | None = None
) -> AsyncIterator[Workshop]:
    pool = ProcessPool(settings.transcription.workers or cpu_count() or 1)
    weights = model_store(settings)
    longest = settings.ingestion.max_duration
    tools = Workshop(
        settings=settings,
        weights=weights,
        pool=pool,
        extractors=(SoundfileExtractor(longest), FfmpegExtractor(longest)),
        detector=ArrivingDetector("speech detection"),
        engines=_engines(settings, weights, pool, factories),
    )
    try:
        yield tools
    finally:
        await tools.engines.aclose()
        await pool.aclose()


def _engines(
    settings: AppSettings,
    weights: ModelShelf,
    pool: ProcessPool,
    factories: Mapping[str, EngineFactory] | None,
) -> EngineShelf:
    chosen = settings.transcription

    async def whisper_cpp(model: str) -> TranscriptionEngine:
        found = await _located(weights, model, ModelKind.WHISPER_GGML)
        engine = WhisperCppEngine(pool, model=model, model_path=found.path)
        await engine.warm()
        return engine

    async def openai(model: str) -> TranscriptionEngine:
        return OpenAIEngine(
            base_url=chosen.openai_base_url, api_key=chosen.openai_api_key, model=model
        )

    def names(provider: str) -> Collection[str]:
        """An endpoint may have any model; ours are names, never paths of this machine."""
        return _whisper_names(weights) if provider == "whisper_cpp" else ()

    return EngineShelf(
        factories or {"whisper_cpp": whisper_cpp, "openai": openai},
        provider=chosen.provider,
        defaults={"whisper_cpp": chosen.model, "openai": chosen.openai_model},
        names=names,
    )


def _whisper_names(weights: ModelShelf) -> set[str]:
    return {entry.name for entry in weights.entries() if entry.kind is ModelKind.WHISPER_GGML}


@dataclass(frozen=True, kw_only=True)
class Records:
    """What is kept: rows, files, and who waits for news of them."""

    blobs: LocalStorage
    store: SqlJobStore
    journal: SqlWindowJournal
    transcripts: SqlTranscriptStore
    queue: MemoryQueue
    watch: JobWatch
    fetcher: UrlFetcher


@asynccontextmanager
async def _records(settings: AppSettings) -> AsyncIterator[Records]:
    blobs = LocalStorage(settings.storage.data_dir)
    await blobs.sweep_parts()
    database = Database(database_url(settings))
    await database.open()
    try:
        yield Records(
            blobs=blobs,
            store=SqlJobStore(database),
            journal=SqlWindowJournal(database),
            transcripts=SqlTranscriptStore(database),
            queue=MemoryQueue(),
            watch=JobWatch(),
            fetcher=UrlFetcher(
                max_bytes=settings.ingestion.max_file_size,
                allowed_networks=settings.ingestion.allowed_networks,
            ),
        )
    finally:
        await database.close()


@dataclass(frozen=True, kw_only=True)
class Finding:
    """What makes moments findable; loads behind the service's start."""

    settings: AppSettings
    weights: ModelShelf
    pool: ProcessPool
    embedder: ArrivingEmbedder
    index: ArrivingIndex

    async def prepare(self, records: Records) -> None:
        """Weights, then the table, then the model; an index begun anew is filled again."""
        await _arrive(self.embedder, self._embedder)
        await _arrive(self.index, self._index)
        if isinstance(self.embedder.here, SlotEmbedder):
            await _told(self.embedder, self.embedder.here.load())
        if isinstance(self.index.here, LanceIndex) and self.index.here.rebuilt:
            await refill(records.store, records.transcripts, self.embedder, self.index)

    async def _embedder(self) -> SlotEmbedder:
        chosen, torch = self.settings.search, _uses_torch(self.settings)
        kind = ModelKind.SENTENCE if torch else ModelKind.SENTENCE_ONNX
        found = await _located(self.weights, chosen.embedding_model, kind)
        make = TorchEmbedder if torch else OnnxEmbedder
        return make(self.pool, found.path, chosen.embedding_model)

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
async def _finding(settings: AppSettings, weights: ModelShelf) -> AsyncIterator[Finding]:
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


@asynccontextmanager
async def house(
    settings: AppSettings, *, factories: Mapping[str, EngineFactory] | None = None
) -> AsyncIterator[Doors]:
    """Everything open and running; jobs left by a dead run are queued before this yields.

    `factories` replaces the engines, for tests. Raises StorageError, ConfigError.
    """
    async with AsyncExitStack() as closing:
        tools = await closing.enter_async_context(workshop(settings, factories))
        records = await closing.enter_async_context(_records(settings))
        finding = await closing.enter_async_context(_finding(settings, tools.weights))
        worker = _worker(settings, tools, records, finding)
        await worker.recover()
        for work in (
            tools.fetch_detector(),
            tools.engines.warm(),
            finding.prepare(records),
            worker.run(),
        ):
            closing.push_async_callback(_cancel, asyncio.create_task(work))
        yield _doors(settings, tools, records, finding, worker)


def _worker(
    settings: AppSettings, tools: Workshop, records: Records, finding: Finding
) -> JobWorker:
    return JobWorker(
        store=records.store,
        queue=records.queue,
        blobs=records.blobs,
        pipeline=Pipeline(
            blobs=records.blobs,
            fetcher=records.fetcher,
            extractors=tools.extractors,
            detector=tools.detector,
            engines=tools.engines,
            journal=records.journal,
            transcripts=records.transcripts,
            embedder=finding.embedder,
            index=finding.index,
            max_window=settings.transcription.max_window,
        ),
        watch=records.watch,
        boot_id=str(uuid.uuid4()),
        places=settings.ingestion.max_concurrent_jobs,
        max_attempts=settings.ingestion.max_attempts,
    )


def _doors(
    settings: AppSettings,
    tools: Workshop,
    records: Records,
    finding: Finding,
    worker: JobWorker,
) -> Doors:
    return Doors(
        jobs=JobService(
            store=records.store,
            transcripts=records.transcripts,
            queue=records.queue,
            blobs=records.blobs,
            fetcher=records.fetcher,
            roots=Roots(settings.ingestion.allowed_roots),
            watch=records.watch,
            check_engine=tools.engines.check,
            max_file_size=settings.ingestion.max_file_size,
        ),
        search=SearchService(finding.index, finding.embedder),
        health=Health(
            store=records.store,
            queue=records.queue,
            engines=tools.engines,
            detector=tools.detector,
            embedder=finding.embedder,
            index=finding.index,
            pool=tools.pool,
            worker=worker,
        ),
        max_file_size=settings.ingestion.max_file_size,
    )


async def transcribe_file(
    settings: AppSettings,
    file: Path,
    options: DecodingOptions,
    *,
    provider: str | None,
    model: str | None,
    progress: Progress,
) -> Transcript:
    """One file, here and now: the same line without rows. `progress` follows the seconds done."""
    with TemporaryDirectory(prefix="spool-") as folder:
        async with workshop(settings) as tools:
            await tools.fetch_detector()
            target = Path(folder, "sound.s16le")
            audio = await extract(tools.extractors, file, target, lambda _: None)
            async with tools.engines.lease(provider, model) as engine:
                return await transcribe(
                    windows(tools.detector, audio, WindowCutter(settings.transcription.max_window)),
                    engine,
                    options,
                    job_id=file.name,
                    journal=ForgetfulJournal(),
                    reached=lambda seconds: progress(seconds / max(audio.seconds, 1.0)),
                    duration=audio.seconds,
                )


def _uses_torch(settings: AppSettings) -> bool:
    """The same vectors either way; torch is quicker, and only it runs on a GPU."""
    if settings.search.backend == "auto":
        return bool(find_spec("sentence_transformers")) and bool(find_spec("torch"))
    return settings.search.backend == "torch"


async def _located(weights: ModelShelf, name: str, kind: ModelKind) -> LocatedModel:
    found = await asyncio.to_thread(weights.find, name, kind)
    logger.info("{} {}: from {}, {}", kind.value, name, found.source.value, found.path)
    return found


async def _arrive(part: Arriving[T], make: Callable[[], Awaitable[T]]) -> None:
    async def arrive() -> None:
        part.arrive(await make())

    await _told(part, arrive())


async def _told(part: Arriving[T], work: Awaitable[None]) -> None:
    """The service goes on without the part; /health and whoever needs it say why."""
    try:
        await work
    except SpoolError as error:
        part.fail(error)
        logger.error("{}: {}", part.name, error.message)
    except Exception as error:
        part.fail(SpoolError(f"{type(error).__name__}: {error}"))
        logger.exception("{} does not load", part.name)


async def _cancel(task: asyncio.Task[None]) -> None:
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task
