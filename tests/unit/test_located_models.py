"""Weights on their way while the service already runs."""

import asyncio
import threading
from pathlib import Path

import pytest

from app.adapters.weights.shelf import ModelShelf
from app.bootstrap.models import located
from app.domain.errors import ModelNotFound
from app.domain.models import LocatedModel, ModelKind
from app.ports import Progress


class Slow(ModelShelf):
    """Finds nothing until it is let go: a download over a bad line."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder, pypi=False, hub=False)
        self.begun, self.let_go = threading.Event(), threading.Event()

    def find(self, name: str, kind: ModelKind, progress: Progress | None = None) -> LocatedModel:
        self.begun.set()
        self.let_go.wait()
        return super().find(name, kind, progress)


def test_the_service_ends_without_waiting_for_a_download(tmp_path: Path) -> None:
    shelf = Slow(tmp_path)

    async def service() -> None:
        task = asyncio.create_task(located(shelf, "no-such", ModelKind.WHISPER_GGML))
        await asyncio.to_thread(shelf.begun.wait)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    asyncio.run(service())
    assert not shelf.let_go.is_set()
    shelf.let_go.set()


async def test_what_cannot_be_found_says_why(tmp_path: Path) -> None:
    shelf = ModelShelf(tmp_path, pypi=False, hub=False)
    with pytest.raises(ModelNotFound, match="no-such"):
        await located(shelf, "no-such", ModelKind.WHISPER_GGML)
