"""A worker and its line over real records, sound and files; engine, ears and index are fakes."""

import asyncio
import shutil
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

from app.adapters.beneath import files_beneath
from app.adapters.egress import UrlFetcher
from app.adapters.front_matter import PlainFrontMatter
from app.adapters.local_storage import LocalStorage, ScratchInPlace
from app.adapters.markdown_texts import MarkdownTexts
from app.adapters.memory_queue import MemoryQueue
from app.adapters.numpy_waveform import NumpyWaveforms
from app.adapters.sql import migrate
from app.adapters.sql.assets import SqlAssetStore
from app.adapters.sql.database import Database
from app.adapters.sql.jobs import SqlJobStore
from app.adapters.sql.records import SqlRecordStore
from app.adapters.sql.transcripts import SqlTranscriptStore
from app.adapters.sql.windows import SqlWindowJournal
from app.domain.jobs import Job, JobOptions, SourceKind, upload_key
from app.domain.media import FRAME, SAMPLE_RATE
from app.domain.metrics import UNCOUNTED
from app.domain.search import Moment, SearchHit, SearchQuery
from app.domain.transcript import Topic
from app.pipeline.pace import Paces
from app.pipeline.runner import Pipeline
from app.ports import MediaExtractor, Meter, Sound, Vector, WaveformDrawer
from app.services.backoff import Backoff
from app.services.disk import DiskGuard
from app.services.engines import EngineShelf
from app.services.frame_jobs import FrameJobs
from app.services.jobs import JobService
from app.services.overtaking import Overtaking
from app.services.reindex import Books
from app.services.roots import Roots
from app.services.verdicts import Limits
from app.services.watch import JobWatch
from app.services.worker import JobWorker
from tests import caged
from tests.contracts.jobs import new_id, stored
from tests.fakes import FakeEngine
from tests.media import silence
from tests.unit.album import Album
from tests.unit.gallery import Gallery
from tests.unit.listeners import Turns, Voices

SECOND = SAMPLE_RATE // FRAME  # frames
#: Seconds of the medium per window that `Ears` hear.
PERIOD = 5


async def until(condition: Callable[[], bool]) -> None:
    """Let others work until it holds. A fake that counts has no event for every number."""
    async with asyncio.timeout(30):
        while not condition():  # noqa: ASYNC110
            await asyncio.sleep(0)


def roomy() -> DiskGuard:
    """Guards a disk that never runs full."""
    return DiskGuard(lambda: 1 << 40, NoBallast(), low=0, high=0)


class NoBallast:
    size, laid = 0, True

    async def lay(self) -> bool:
        return True

    async def drop(self) -> None:
        """There is nothing to give back."""


class Ears:
    """Hears a second of speech in every five, whatever the medium holds."""

    async def probabilities(self, sound: Sound) -> AsyncIterator[Sequence[float]]:
        for number in count(1):
            samples = number * PERIOD * SAMPLE_RATE
            if await sound.reached(samples) < samples:
                return
            yield [0.9] * SECOND + [0.02] * (PERIOD - 1) * SECOND


class Counting:
    """An embedder of one dimension unless told, or one that fails. `hold` makes it wait."""

    def __init__(self) -> None:
        self.hold = asyncio.Event()
        self.hold.set()
        self.at_work = 0
        self.ready = True
        self.dimensions = 1
        self.trouble: Exception | None = None
        self.asked: list[str] = []

    async def embed(self, texts: Sequence[str]) -> Sequence[Vector]:
        self.asked += texts
        self.at_work += 1
        try:
            await self.hold.wait()
        finally:
            self.at_work -= 1
        if self.trouble:
            raise self.trouble
        return [[1.0] * self.dimensions for _ in texts]


class Themes:
    """Names what it is told to, or fails."""

    def __init__(self) -> None:
        self.trouble: Exception | None = None
        self.topics: tuple[Topic, ...] = (Topic(topic="windows", score=0.5),)
        self.asked: list[tuple[list[str], str | None]] = []

    async def find(self, texts: Sequence[str], language: str | None) -> Sequence[Topic]:
        self.asked.append((list(texts), language))
        if self.trouble:
            raise self.trouble
        return self.topics


class Notebook:
    """An index that remembers what it was given, or one that fails."""

    def __init__(self, generation: str = "first") -> None:
        self.ready = True
        self.generation = generation
        self.renewing = False
        self.trouble: Exception | None = None
        self.kept: dict[str, list[tuple[Moment, Vector | None]]] = {}

    async def renewed(self) -> None:
        self.renewing = False

    async def upsert(self, moments: Sequence[Moment], vectors: Sequence[Vector | None]) -> None:
        raise NotImplementedError

    async def replace_asset(
        self, asset_id: str, moments: Sequence[Moment], vectors: Sequence[Vector | None]
    ) -> None:
        if self.trouble:
            raise self.trouble
        self.kept[asset_id] = list(zip(moments, vectors, strict=True))

    async def delete_asset(self, asset_id: str) -> None:
        await self.delete_assets([asset_id])

    async def delete_assets(self, asset_ids: Sequence[str]) -> None:
        if self.trouble:
            raise self.trouble
        for asset_id in asset_ids:
            self.kept.pop(asset_id, None)

    async def vectors(self, asset_id: str) -> Mapping[str, Vector]:
        found = {moment.text: vector for moment, vector in self.kept.get(asset_id, ())}
        return {text: vector for text, vector in found.items() if vector is not None}

    async def assets(self) -> set[str]:
        return set(self.kept)

    async def search(self, query: SearchQuery, vector: Vector | None) -> Sequence[SearchHit]:
        return []

    async def count(self) -> int:
        return sum(map(len, self.kept.values()))


@dataclass(kw_only=True)
class Workbench:
    folder: Path
    store: SqlJobStore
    bulk: SqlRecordStore
    journal: SqlWindowJournal
    transcripts: SqlTranscriptStore
    assets: SqlAssetStore
    blobs: LocalStorage
    scratch: ScratchInPlace
    queue: MemoryQueue = field(default_factory=MemoryQueue)
    watch: JobWatch = field(default_factory=JobWatch)
    engine: FakeEngine = field(default_factory=FakeEngine)
    embedder: Counting = field(default_factory=Counting)
    themes: Themes = field(default_factory=Themes)
    turns: Turns = field(default_factory=Turns)
    voices: Voices = field(default_factory=Voices)
    gallery: Gallery = field(default_factory=Gallery)
    waveforms: WaveformDrawer = field(default_factory=NumpyWaveforms)
    album: Album = field(default_factory=Album)
    index: Notebook = field(default_factory=Notebook)
    disk: DiskGuard = field(default_factory=roomy)
    extractors: tuple[MediaExtractor, ...] = (caged.soundfile(3600.0),)

    @property
    def books(self) -> Books:
        return Books(
            store=self.store,
            assets=self.assets,
            transcripts=self.transcripts,
            texts=MarkdownTexts(),
        )

    @property
    def in_place(self) -> Roots:
        """Files anywhere in its folder."""
        return Roots([self.folder], files_beneath())

    async def _engine(self, model: str) -> FakeEngine:
        self.engine.model = model
        return self.engine

    def pipeline(self) -> Pipeline:
        return Pipeline(
            blobs=self.blobs,
            scratch=self.scratch,
            fetcher=UrlFetcher(max_bytes=1 << 20, allowed_networks=("127.0.0.0/8",)),
            in_place=self.in_place,
            extractors=self.extractors,
            waveforms=self.waveforms,
            detector=Ears(),
            engines=EngineShelf(
                {"whisper_cpp": self._engine},
                provider="whisper_cpp",
                defaults={"whisper_cpp": "base"},
                names=lambda _: ("base", "tiny.en"),
            ),
            journal=self.journal,
            transcripts=self.transcripts,
            assets=self.assets,
            embedder=self.embedder,
            topics=self.themes,
            chapters=self.turns,
            speakers=self.voices,
            pictures=self.gallery.tools,
            frames=self.album,
            frame_jobs=FrameJobs(
                store=self.store,
                queue=self.queue,
                blobs=self.blobs,
                delete_all=lambda old, video: self.service().delete_all(old, video),
            ),
            texts=MarkdownTexts(),
            front_matter=PlainFrontMatter(),
            index=self.index,
            max_window=28.0,
        )

    def worker(
        self,
        *,
        store: SqlJobStore | None = None,
        pipeline: Pipeline | None = None,
        boot_id: str = "boot-1",
        places: int = 1,
        limits: Limits | None = None,
        backoff: Backoff | None = None,
        ended: Callable[[], None] = lambda: None,
        paces: Paces | None = None,
        silent_for: float | None = None,
        meter: Meter = UNCOUNTED,
    ) -> JobWorker:
        return JobWorker(
            store=store or self.store,
            queue=self.queue,
            blobs=self.blobs,
            scratch=self.scratch,
            pipeline=pipeline or self.pipeline(),
            watch=self.watch,
            boot_id=boot_id,
            places=places,
            disk=self.disk,
            limits=limits or Limits(),
            backoff=backoff or Backoff(first=0.0),
            ended=ended,
            paces=paces,
            silent_for=silent_for,
            meter=meter,
        )

    def service(
        self,
        worker: JobWorker | None = None,
        *,
        store: SqlJobStore | None = None,
        forget: Callable[[str], None] = lambda _: None,
    ) -> JobService:
        """What the surfaces call, over `worker`."""
        drop = (worker or self.worker()).drop
        overtaking = Overtaking(store or self.store, self.watch, lambda: None)
        overtaking.drop = drop
        return JobService(
            store=store or self.store,
            transcripts=self.transcripts,
            assets=self.assets,
            queue=self.queue,
            blobs=self.blobs,
            texts=MarkdownTexts(),
            index=self.index,
            watch=self.watch,
            drop=drop,
            ended=lambda: None,
            forget=forget,
            overtake=overtaking.by,
        )

    async def upload(
        self, seconds: float = 5.0, *, name: str = "talk.wav", options: JobOptions | None = None
    ) -> Job:
        """A queued job over a real WAV in the store."""
        job_id = new_id()
        silence(self.scratch.path(upload_key(job_id, name)), seconds)
        return await self.take_in(job_id, name, options)

    async def upload_bytes(
        self, content: bytes, *, name: str = "talk.wav", options: JobOptions | None = None
    ) -> Job:
        job_id = new_id()
        self.scratch.path(upload_key(job_id, name)).write_bytes(content)
        return await self.take_in(job_id, name, options)

    async def take_in(self, job_id: str, name: str, options: JobOptions | None) -> Job:
        job = await self.store.add(
            job_id=job_id,
            source=SourceKind.UPLOAD,
            source_name=name,
            input_path=upload_key(job_id, name),
            options=options or JobOptions(),
        )
        await self.queue.enqueue({"job_id": job_id}, job.options.priority)
        return job

    async def now(self, job: Job) -> Job:
        return await stored(self.store, job)

    async def ended(self, job: Job, seconds: float = 30.0) -> Job:
        """The job once it has ended, or as it is after so long."""
        with self.watch.subscribe(job.job_id) as changes:
            async with asyncio.timeout(seconds):
                while not (now := await self.now(job)).status.ended:
                    await changes.wait(seconds)
        return now

    def pcm_files(self) -> list[Path]:
        return list((self.folder / "pcm").glob("*"))


@asynccontextmanager
async def opened(folder: Path) -> AsyncIterator[Workbench]:
    template = folder.parent / "workbench.db"
    if not template.exists():
        migrate.upgrade(f"sqlite:///{template}")
    shutil.copy(template, folder / "spool.db")
    async with Database(f"sqlite:///{folder / 'spool.db'}") as database:
        yield Workbench(
            folder=folder,
            store=SqlJobStore(database),
            journal=SqlWindowJournal(database),
            transcripts=SqlTranscriptStore(database),
            assets=SqlAssetStore(database),
            bulk=SqlRecordStore(database),
            blobs=LocalStorage(folder),
            scratch=ScratchInPlace(folder),
        )
