"""Which file or folder of the model folder belongs to which name."""

import hashlib
import json
import os
import re
from collections.abc import Iterator
from pathlib import Path

from app.domain.models import ModelKind

FOLDERS = (
    ModelKind.WHISPER_CT2,
    ModelKind.SENTENCE,
    ModelKind.SENTENCE_ONNX,
    ModelKind.VISUAL,
    ModelKind.CLIP,
)
CT2_PREFIX = "faster-whisper-"
VOICE_PREFIX = "voice-"

_WORD = r"[A-Za-z0-9][\w.+-]{0,99}"
_NAME = re.compile(f"{_WORD}(/{_WORD})?", re.ASCII)


def sound(name: str) -> bool:
    """Whether the name may become part of a path: `name`, or `owner/name`."""
    return _NAME.fullmatch(name) is not None


def place(name: str, kind: ModelKind) -> str:
    """Where fetched weights go, inside the model folder."""
    owned, name = "/" in name, name.replace("/", "--")
    match kind:
        case ModelKind.WHISPER_CT2:
            return name if owned else f"{CT2_PREFIX}{name}"
        case ModelKind.WHISPER_GGML:
            return f"ggml-{name}.bin"
        case ModelKind.SPEECH_DETECTION:
            return f"{name}.onnx"
        case ModelKind.VOICE:
            return f"{VOICE_PREFIX}{name}.onnx"
        case ModelKind.SENTENCE_ONNX:
            return f"{name}-onnx"
        case ModelKind.SENTENCE | ModelKind.VISUAL | ModelKind.CLIP:
            return name


def place_of_copy(origin: Path, kind: ModelKind) -> str:
    """Where to put what is made from weights elsewhere: other weights, another place."""
    stamps = [(file.name, file.stat().st_mtime_ns) for file in sorted(origin.glob("*.*"))]
    mark = hashlib.sha256(repr((origin.resolve(), stamps)).encode()).hexdigest()[:12]
    return place(f"path-{mark}", kind)


def places(name: str, kind: ModelKind) -> tuple[str, ...]:
    """Where weights may lie, ours first, then what people name files by hand."""
    ours, bare = place(name, kind), name.replace("/", "--")
    match kind:
        case ModelKind.WHISPER_GGML:
            return ours, f"{bare}.bin", bare
        case ModelKind.SENTENCE_ONNX | ModelKind.WHISPER_CT2:
            return ours, bare
        case _:
            return (ours,)


def present(path: Path, kind: ModelKind) -> bool:
    """Whether something of this kind's shape is there; says nothing about its health."""
    match kind:
        case ModelKind.WHISPER_CT2:
            return (path / "model.bin").is_file()
        case ModelKind.SENTENCE:
            return (path / "config.json").is_file() and not present(path, ModelKind.WHISPER_CT2)
        case ModelKind.SENTENCE_ONNX:
            return (path / "model.onnx").is_file() and not present(path, ModelKind.VISUAL)
        case ModelKind.VISUAL:
            return (path / "model.onnx").is_file() and (path / "labels.txt").is_file()
        case ModelKind.CLIP:
            return any(_clip_configs(path))
        case _:
            return path.is_file()


def _clip_configs(path: Path) -> Iterator[Path]:
    """Of the step that sees and reads: in a folder of its own, or in the model's."""
    for config in (*path.glob("[0-9]*/config.json"), path / "config.json"):
        try:
            kind = json.loads(config.read_bytes()).get("model_type")
        except (OSError, ValueError, AttributeError):
            continue
        if kind == "clip":
            yield config


def as_path(name: str, kind: ModelKind) -> Path | None:
    """The path that a name is, if it is one.

    Without a slash it must look right too: a folder `base` beside us is no Whisper model.
    """
    path = Path(name).expanduser() if name.startswith("~/") else Path(name)
    if not name or not os.path.exists(path):
        return None
    forms = FOLDERS if kind is ModelKind.SENTENCE_ONNX else (kind,)
    return path if "/" in name or any(present(path, form) for form in forms) else None


def size_of(path: Path) -> int:
    """Bytes of a file, or of all files in a folder."""
    files = path.rglob("*") if path.is_dir() else [path]
    return sum(file.stat().st_size for file in files if file.is_file())


def scan(folder: Path) -> Iterator[tuple[str, ModelKind]]:
    """Every model in the folder, by name."""
    for path in sorted(folder.iterdir()) if folder.is_dir() else ():
        if path.name.startswith("."):
            continue
        if path.suffix == ".bin" and path.is_file():
            yield path.stem.removeprefix("ggml-"), ModelKind.WHISPER_GGML
        elif path.match(f"{VOICE_PREFIX}*.onnx") and path.is_file():
            yield path.stem.removeprefix(VOICE_PREFIX), ModelKind.VOICE
        elif path.suffix == ".onnx" and path.is_file():
            yield path.stem, ModelKind.SPEECH_DETECTION
        elif path.is_dir():
            yield from _scan_folder(path)


def _scan_folder(path: Path) -> Iterator[tuple[str, ModelKind]]:
    name = path.name.replace("--", "/", 1)
    if present(path, ModelKind.WHISPER_CT2):
        yield name.removeprefix(CT2_PREFIX), ModelKind.WHISPER_CT2
    elif present(path, ModelKind.SENTENCE_ONNX):
        yield name.removesuffix("-onnx"), ModelKind.SENTENCE_ONNX
    elif present(path, ModelKind.VISUAL):
        yield name, ModelKind.VISUAL
    elif present(path, ModelKind.CLIP):
        yield name, ModelKind.CLIP
    elif present(path, ModelKind.SENTENCE):
        yield name, ModelKind.SENTENCE
