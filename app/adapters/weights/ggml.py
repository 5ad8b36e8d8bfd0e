"""Turns a Whisper model of CTranslate2 into the ggml file that whisper.cpp reads.

The result depends on the input alone: the catalogue knows its sha256.
"""

import json
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from app.adapters.weights.ct2 import Checkpoint
from app.adapters.weights.ggml_blocks import Form
from app.domain.errors import ModelCorrupt
from app.domain.mel import filters
from app.ports import Progress

if TYPE_CHECKING:
    import numpy as np

MAGIC = 0x67676D6C  # "ggml"
F32, F16 = 0, 1
#: Matrices that are never quantised.
WHOLE = ("positional_embedding", "conv1.bias", "conv2.bias")

#: whisper.cpp's name -> CTranslate2's, inside one block.
NORMS = {"attn_ln": "self_attention/layer_norm", "mlp_ln": "ffn/layer_norm"}
LINEARS = {
    "attn.out": "self_attention/linear_1",
    "mlp.0": "ffn/linear_0",
    "mlp.2": "ffn/linear_1",
}
CROSS_NORMS = {"cross_attn_ln": "attention/layer_norm"}
CROSS_LINEARS = {"cross_attn.query": "attention/linear_0", "cross_attn.out": "attention/linear_2"}


def convert(folder: Path, target: Path, progress: Progress, form: Form | None = None) -> None:
    """Write `target` from `model.bin` and `tokenizer.json` in `folder`. Raises ModelCorrupt.

    `form`: how matrices are quantised; None keeps them as float16.
    """
    checkpoint = Checkpoint(folder / "model.bin")
    words = vocabulary(folder / "tokenizer.json")
    whole = (folder / "model.bin").stat().st_size
    with target.open("wb") as file:
        _write_head(file, checkpoint, words, form.file if form else F16)
        for name, array in _tensors(checkpoint):
            _write_tensor(file, name, array, form)
            progress(min(file.tell() / whole, 1.0))
    progress(1.0)


def vocabulary(path: Path) -> list[bytes]:
    """The bytes of each token, by id; special tokens are left out, whisper.cpp adds its own.

    Byte-level vocabularies write every byte as one printable character.
    """
    try:
        ids = json.loads(path.read_text(encoding="utf-8"))["model"]["vocab"]
        alphabet = {character: byte for byte, character in enumerate(_alphabet())}
        words = sorted((number, word) for word, number in ids.items() if word != "<|endoftext|>")
        return [bytes(alphabet[character] for character in word) for _, word in words]
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ModelCorrupt(f"{path} holds no byte-level vocabulary: {error!r}") from error


def _alphabet() -> list[str]:
    """GPT-2's letter for each byte: itself when printable, else the next one from 256 on."""
    printable = {*range(33, 127), *range(161, 173), *range(174, 256)}
    spare = iter(range(256, 512))
    return [chr(byte if byte in printable else next(spare)) for byte in range(256)]


def _write_head(file: BinaryIO, checkpoint: Checkpoint, words: list[bytes], form: int) -> None:
    import numpy as np

    bands = checkpoint.tensor("encoder/conv1/weight").shape[1]
    mel = np.array(filters(bands), "<f4")
    file.write(struct.pack("<12i", MAGIC, *_sizes(checkpoint), bands, form))
    file.write(struct.pack("<2i", *mel.shape) + mel.tobytes())
    file.write(struct.pack("<i", len(words)))
    for word in words:
        file.write(struct.pack("<i", len(word)) + word)


def _sizes(checkpoint: Checkpoint) -> Iterator[int]:
    """Vocabulary, then context, width, heads and layers of encoder and decoder."""
    yield checkpoint.tensor("decoder/embeddings/weight").shape[0]
    for part in ("encoder", "decoder"):
        yield from checkpoint.tensor(f"{part}/position_encodings/encodings").shape
        yield checkpoint.number(f"{part}/num_heads")
        yield _layers(checkpoint, part)


def _layers(checkpoint: Checkpoint, part: str) -> int:
    number = 0
    while f"{part}/layer_{number}/ffn/linear_0/weight" in checkpoint:
        number += 1
    return number


Named = Iterator[tuple[str, "np.ndarray"]]


def _tensors(checkpoint: Checkpoint) -> Named:
    at = checkpoint.tensor
    for conv in ("conv1", "conv2"):
        yield f"encoder.{conv}.weight", at(f"encoder/{conv}/weight")
        yield f"encoder.{conv}.bias", at(f"encoder/{conv}/bias").reshape(-1, 1)
    yield "decoder.token_embedding.weight", at("decoder/embeddings/weight")
    for part, norm in (("encoder", "ln_post"), ("decoder", "ln")):
        yield f"{part}.positional_embedding", at(f"{part}/position_encodings/encodings")
        yield from _norm(checkpoint, f"{part}.{norm}", f"{part}/layer_norm")
        for number in range(_layers(checkpoint, part)):
            yield from _block(checkpoint, part, number)


def _block(checkpoint: Checkpoint, part: str, number: int) -> Named:
    to, of = f"{part}.blocks.{number}", f"{part}/layer_{number}"
    cross = part == "decoder"
    for name, source in {**NORMS, **(CROSS_NORMS if cross else {})}.items():
        yield from _norm(checkpoint, f"{to}.{name}", f"{of}/{source}")
    for name, source in {**LINEARS, **(CROSS_LINEARS if cross else {})}.items():
        yield f"{to}.{name}.weight", checkpoint.tensor(f"{of}/{source}/weight")
        yield f"{to}.{name}.bias", checkpoint.tensor(f"{of}/{source}/bias")
    fused = ("query", "key", "value")
    yield from _split(checkpoint, f"{to}.attn", f"{of}/self_attention/linear_0", fused)
    if cross:
        yield from _split(checkpoint, f"{to}.cross_attn", f"{of}/attention/linear_1", fused[1:])


def _norm(checkpoint: Checkpoint, name: str, source: str) -> Named:
    yield f"{name}.weight", checkpoint.tensor(f"{source}/gamma")
    yield f"{name}.bias", checkpoint.tensor(f"{source}/beta")


def _split(checkpoint: Checkpoint, name: str, source: str, parts: tuple[str, ...]) -> Named:
    """CTranslate2 stacks the projections of an attention into one matrix, row on row."""
    import numpy as np

    weights = np.split(checkpoint.tensor(f"{source}/weight"), len(parts))
    biases = np.split(checkpoint.tensor(f"{source}/bias"), len(parts))
    for part, weight, bias in zip(parts, weights, biases, strict=True):
        yield f"{name}.{part}.weight", weight
        if part != "key":  # Whisper's keys have no bias: there are zeros here
            yield f"{name}.{part}.bias", bias


def _write_tensor(file: BinaryIO, name: str, array: "np.ndarray", form: Form | None) -> None:
    """Shapes are written last axis first."""
    kind, content = _encoded(name, array, form)
    label = name.encode()
    file.write(struct.pack("<3i", array.ndim, len(label), kind))
    file.write(struct.pack(f"<{array.ndim}i", *reversed(array.shape)) + label)
    file.write(content)


def _encoded(name: str, array: "np.ndarray", form: Form | None) -> tuple[int, bytes]:
    """Vectors and what stays whole become float32, other matrices what `form` says."""
    if array.ndim < 2 or name.endswith(WHOLE):
        return F32, array.astype("<f4").tobytes()
    if form and array.ndim == 2:
        return form.tensor, form.write(array.astype("<f4"))
    return F16, array.astype("<f2").tobytes()
