"""Weights made from others that lie on this machine already: ONNX from a sentence model, ggml
from a Whisper in CTranslate2's form."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from app.adapters.weights import ggml, sentence_onnx
from app.adapters.weights.ct2 import Checkpoint
from app.adapters.weights.ggml_blocks import FORMS, Form, readings
from app.adapters.weights.places import place, places, present, scan, sound
from app.adapters.weights.seal import verify
from app.domain.errors import ModelCorrupt, ModelNotFound
from app.domain.models import ModelKind, ModelSource
from app.ports import Progress


class FolderSource:
    source = ModelSource.FOLDER

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def refusal(self, name: str, kind: ModelKind) -> str | None:
        if kind is ModelKind.SENTENCE_ONNX and present(self._sentences(name), ModelKind.SENTENCE):
            return None
        if kind is ModelKind.WHISPER_GGML and self._whisper(name):
            return None
        return f"nothing of that name in {self._folder}"

    def size(self, name: str, kind: ModelKind) -> int | None:
        return None

    def names(self) -> Sequence[tuple[str, ModelKind]]:
        """Of the ggml files alone: jobs may ask for them by name."""
        return [(name, ModelKind.WHISPER_GGML) for name in self._ggml() if sound(name)]

    def build(self, name: str, kind: ModelKind, work: Path, progress: Progress) -> Path:
        if kind is ModelKind.SENTENCE_ONNX:
            return convert(self._sentences(name), work, progress)
        found = self._whisper(name)
        if found is None:
            raise ModelNotFound(f"nothing of that name in {self._folder}")
        origin, form = found
        verify(origin, ModelKind.WHISPER_CT2)
        ggml.convert(origin, work / "product", progress, form)
        return work / "product"

    def _ggml(self) -> Iterator[str]:
        for name, kind in scan(self._folder):
            if kind is ModelKind.WHISPER_CT2 and (found := self._whisper(name)):
                if _readable(found[0]):
                    yield from (name, *(f"{name}-{form}" for form in FORMS))

    def _sentences(self, name: str) -> Path:
        return self._folder / place(name, ModelKind.SENTENCE)

    def _whisper(self, name: str) -> tuple[Path, Form | None] | None:
        """The folder to convert, and the form that the name asks for."""
        for meant, form in readings(name):
            for candidate in places(meant, ModelKind.WHISPER_CT2):
                if present(self._folder / candidate, ModelKind.WHISPER_CT2):
                    return self._folder / candidate, form
        return None


def _readable(origin: Path) -> bool:
    try:
        return Checkpoint(origin / "model.bin").readable
    except (ModelCorrupt, OSError):
        return False


def convert(origin: Path, work: Path, progress: Progress) -> Path:
    """The ONNX form of the sentence model at `origin`. Raises ModelNotFound, ModelCorrupt."""
    verify(origin, ModelKind.SENTENCE)
    sentence_onnx.convert(origin, work / "product", progress)
    return work / "product"
