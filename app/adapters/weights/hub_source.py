"""Weights from a hub that answers like huggingface.co."""

from collections.abc import Sequence
from pathlib import Path, PurePosixPath

from app.adapters.weights.catalogue import CT2_REPOSITORIES, GGML_NAMES
from app.adapters.weights.http_files import HttpFiles
from app.adapters.weights.inspection import inspect
from app.adapters.weights.source import part_of
from app.domain.errors import ModelCorrupt, ModelNotFound
from app.domain.models import ModelKind, ModelSource
from app.ports import Progress

WHISPER = "ggerganov/whisper.cpp"
#: Who owns the sentence models that are named without owner.
OWNER = "sentence-transformers"
#: What a folder needs besides its weights, by the end of the name.
TEXTS = (".json", ".txt", ".model")
GRAPH: tuple[str, ...] = ("onnx/model.onnx_data", "onnx/model.onnx")
#: Listed by name; any other may be asked for too.
SENTENCES = ("all-MiniLM-L6-v2",)
CLIP = "clip-ViT-B-32"
NOT_HERE = (ModelKind.SPEECH_DETECTION, ModelKind.VISUAL, ModelKind.VOICE)


class HubSource:
    source = ModelSource.HUB

    def __init__(self, url: str, *, enabled: bool) -> None:
        self._url = url.rstrip("/")
        self._enabled = enabled

    def refusal(self, name: str, kind: ModelKind) -> str | None:
        if not self._enabled:
            return "switched off"
        if kind is ModelKind.WHISPER_GGML and name not in GGML_NAMES:
            return f"not among the models of {WHISPER}"
        if kind is ModelKind.WHISPER_CT2 and "/" not in name and name not in CT2_REPOSITORIES:
            return f"none of {', '.join(CT2_REPOSITORIES)}, nor owner/name"
        return "it has none" if kind in NOT_HERE else None

    def size(self, name: str, kind: ModelKind) -> int | None:
        return None

    def names(self) -> Sequence[tuple[str, ModelKind]]:
        if not self._enabled:
            return ()
        kinds = (ModelKind.SENTENCE, ModelKind.SENTENCE_ONNX)
        whisper = [(name, ModelKind.WHISPER_CT2) for name in CT2_REPOSITORIES]
        ggml = [(name, ModelKind.WHISPER_GGML) for name in GGML_NAMES]
        sentences = [(name, kind) for name in SENTENCES for kind in kinds]
        return [*whisper, *ggml, *sentences, (CLIP, ModelKind.CLIP)]

    def build(self, name: str, kind: ModelKind, work: Path, progress: Progress) -> Path:
        product = work / "product"
        with HttpFiles() as files:
            if kind is ModelKind.WHISPER_GGML:
                files.fetch(self._file(WHISPER, f"ggml-{name}.bin"), product, progress)
            else:
                self._fetch_folder(files, _repository(name, kind), kind, product, progress)
        try:
            inspect(product, kind)
        except ModelCorrupt as error:
            wrong = _without(product, error)
            raise ModelCorrupt(f"{self._url} gave a broken model: {wrong}") from error
        return product

    def _fetch_folder(
        self, files: HttpFiles, repository: str, kind: ModelKind, product: Path, progress: Progress
    ) -> None:
        listing = files.listing(f"{self._url}/api/models/{repository}")
        wanted = _wanted(list(filter(_inside, listing)), kind)
        if not wanted:
            raise ModelNotFound(f"{repository} has no files for {kind}")
        for path in wanted:
            # The weights are the last file, and nearly all of the bytes.
            part = (0.02, 1.0) if path == wanted[-1] else (0.0, 0.02)
            target = product / path.removeprefix("onnx/")
            target.parent.mkdir(parents=True, exist_ok=True)
            files.fetch(self._file(repository, path), target, part_of(progress, *part))

    def _file(self, repository: str, path: str) -> str:
        return f"{self._url}/{repository}/resolve/main/{path}"


def _repository(name: str, kind: ModelKind) -> str:
    if "/" in name:
        return name
    return CT2_REPOSITORIES[name] if kind is ModelKind.WHISPER_CT2 else f"{OWNER}/{name}"


def _without(product: Path, error: ModelCorrupt) -> str:
    """What is wrong, without the place of the download, which is gone when this is read."""
    return error.message.replace(f"{product}/", "").replace(str(product), "the file")


def _wanted(there: list[str], kind: ModelKind) -> list[str]:
    """Texts first, weights last; empty when there are no weights of this kind."""
    texts = [path for path in there if path.endswith(TEXTS) and _of_model(path)]
    if kind is ModelKind.SENTENCE_ONNX:
        # Large graphs keep their weights in a second file.
        weights = [path for path in GRAPH if path in there]
    elif kind is ModelKind.WHISPER_CT2:
        weights = [path for path in there if path == "model.bin"]
    else:
        weights = [path for path in there if path.endswith(".safetensors") and _of_model(path)]
        if kind is ModelKind.CLIP and not weights:
            weights = [path for path in there if path.endswith("/pytorch_model.bin")]
    return [*texts, *weights] if weights else []


def _of_model(path: str) -> bool:
    """In the root, or in the folder of a step such as `1_Pooling`."""
    return "/" not in path or path[0].isdigit()


def _inside(path: str) -> bool:
    """Whether a path that the hub names stays in the folder that we put it under."""
    return ".." not in PurePosixPath(path).parts and not path.startswith("/")
