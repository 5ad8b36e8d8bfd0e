"""Weights made from others that lie on this machine already: ONNX from a sentence model."""

from collections.abc import Sequence
from pathlib import Path

from app.adapters.weights import sentence_onnx
from app.adapters.weights.places import place, present
from app.adapters.weights.seal import verify
from app.domain.models import ModelKind, ModelSource
from app.ports import Progress


class FolderSource:
    source = ModelSource.FOLDER

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def refusal(self, name: str, kind: ModelKind) -> str | None:
        if kind is ModelKind.SENTENCE_ONNX and present(self._origin(name), ModelKind.SENTENCE):
            return None
        return f"nothing of that name in {self._folder}"

    def size(self, name: str, kind: ModelKind) -> int | None:
        return None

    def names(self) -> Sequence[tuple[str, ModelKind]]:
        return ()

    def build(self, name: str, kind: ModelKind, work: Path, progress: Progress) -> Path:
        return convert(self._origin(name), work, progress)

    def _origin(self, name: str) -> Path:
        return self._folder / place(name, ModelKind.SENTENCE)


def convert(origin: Path, work: Path, progress: Progress) -> Path:
    """The ONNX form of the sentence model at `origin`. Raises ModelNotFound, ModelCorrupt."""
    verify(origin, ModelKind.SENTENCE)
    sentence_onnx.convert(origin, work / "product", progress)
    return work / "product"
