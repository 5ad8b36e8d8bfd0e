"""Looks at the structure of weights of which no hash is known: is it the format, is it whole?"""

import json
import struct
from pathlib import Path
from typing import BinaryIO

from app.adapters.weights.ct2 import Checkpoint
from app.domain.errors import ModelCorrupt
from app.domain.models import ModelKind

GGML_MAGIC = 0x67676D6C
#: ggml's type id -> values in a block, bytes of a block.
GGML_BLOCKS = {
    0: (1, 4),
    1: (1, 2),
    2: (32, 18),
    3: (32, 20),
    6: (32, 22),
    7: (32, 24),
    8: (32, 34),
    10: (256, 84),
    11: (256, 110),
    12: (256, 144),
    13: (256, 176),
    14: (256, 210),
    30: (1, 2),
}


def inspect(path: Path, kind: ModelKind) -> None:
    """Raise ModelCorrupt, saying what is wrong, unless `path` holds whole weights of this kind."""
    try:
        match kind:
            case ModelKind.WHISPER_CT2:
                _inspect_ct2(path)
            case ModelKind.WHISPER_GGML:
                _inspect_ggml(path)
            case ModelKind.SPEECH_DETECTION | ModelKind.VOICE:
                _inspect_onnx(path)
            case ModelKind.SENTENCE:
                _inspect_sentence(path)
            case ModelKind.SENTENCE_ONNX:
                _inspect_onnx(path / "model.onnx")
                json.loads((path / "tokenizer.json").read_bytes())
            case ModelKind.VISUAL:
                _inspect_onnx(path / "model.onnx")
                (path / "labels.txt").read_text("utf-8")
            case ModelKind.CLIP:
                _inspect_clip(path)
    except OSError as error:
        raise ModelCorrupt(f"{path} is no {kind} model: {error.strerror}") from error
    except (struct.error, ValueError, KeyError, TypeError, AttributeError) as error:
        raise ModelCorrupt(f"{path} is broken or cut off") from error


def _inspect_ct2(path: Path) -> None:
    Checkpoint(path / "model.bin")
    for name in ("config.json", "tokenizer.json"):
        json.loads((path / name).read_bytes())
    if not any(path.glob("vocabulary.*")):
        raise ModelCorrupt(f"{path} lacks its vocabulary.txt or vocabulary.json")


def _inspect_ggml(path: Path) -> None:
    """whisper.cpp reads a file that ends inside a tensor without a word: so walk over them."""
    size = path.stat().st_size
    with path.open("rb") as file:
        if file.read(4) != struct.pack("<I", GGML_MAGIC):
            raise ModelCorrupt(f"{path} is no ggml file: it starts with other bytes")
        file.seek(11 * 4, 1)
        rows, columns = _ints(file, 2)
        file.seek(rows * columns * 4, 1)
        for _ in range(_ints(file, 1)[0]):
            file.read(_ints(file, 1)[0])
        if file.tell() >= size:
            raise ModelCorrupt(f"{path} is cut off")
        while file.tell() < size and _skip_tensor(file):
            pass
        if file.tell() > size:
            raise ModelCorrupt(f"{path} is cut off")


def _skip_tensor(file: BinaryIO) -> bool:
    """False at a type from after this was written: then the rest cannot be judged."""
    rank, name, kind = _ints(file, 3)
    count = 1
    for length in _ints(file, rank):
        count *= length
    if kind not in GGML_BLOCKS:
        return False
    values, length = GGML_BLOCKS[kind]
    file.seek(name + count // values * length, 1)
    return True


def _ints(file: BinaryIO, count: int) -> tuple[int, ...]:
    numbers = struct.unpack(f"<{count}i", file.read(4 * count))
    if min(numbers) < 0:
        raise ValueError(numbers)
    return numbers


def _inspect_sentence(path: Path) -> None:
    json.loads((path / "config.json").read_bytes())
    weights = path / "model.safetensors"
    if not weights.exists() and any(path.glob("pytorch_model*.bin")):
        return
    shards = sorted(path.glob("model-*.safetensors")) or [weights]
    for shard in shards:
        _inspect_safetensors(shard)


def _inspect_clip(path: Path) -> None:
    json.loads((path / "modules.json").read_bytes())
    weights = [*path.glob("*.safetensors"), *path.glob("[0-9]*/*.safetensors")]
    for file in weights:
        _inspect_safetensors(file)
    if not weights and not any(path.glob("*/pytorch_model.bin")):
        raise ModelCorrupt(f"{path} has no weights")


def _inspect_safetensors(path: Path) -> None:
    with path.open("rb") as file:
        (length,) = struct.unpack("<Q", file.read(8))
        if length > path.stat().st_size:
            raise ModelCorrupt(f"{path} is cut off")
        tensors = json.loads(file.read(length))
    ends = [tensor["data_offsets"][1] for key, tensor in tensors.items() if key != "__metadata__"]
    if 8 + length + max(ends) != path.stat().st_size:
        raise ModelCorrupt(f"{path} is cut off")


def _inspect_onnx(path: Path) -> None:
    """An ONNX file is one protobuf message: its fields must end where the file ends."""
    size = path.stat().st_size
    with path.open("rb") as file:
        if file.read(1) != b"\x08":  # field 1, the format's version
            raise ModelCorrupt(f"{path} is no ONNX file: it starts with other bytes")
        file.seek(0)
        while file.tell() < size:
            _skip_field(file)
        if file.tell() != size:
            raise ModelCorrupt(f"{path} is cut off")


def _skip_field(file: BinaryIO) -> None:
    match _varint(file) & 7:
        case 0:
            _varint(file)
        case 1:
            file.seek(8, 1)
        case 2:
            file.seek(_varint(file), 1)
        case 5:
            file.seek(4, 1)
        case other:
            raise ValueError(other)


def _varint(file: BinaryIO) -> int:
    number = 0
    for shift in range(0, 64, 7):
        byte: int = struct.unpack("B", file.read(1))[0]
        number |= (byte & 127) << shift
        if byte < 128:
            return number
    raise ValueError("varint of more than 64 bits")
