"""CTranslate2 -> ggml, on a Whisper of a few bytes; the real ones are in the contract test."""

import json
import struct
from pathlib import Path

import numpy as np
import pytest

from app.adapters.weights.ct2 import Checkpoint
from app.adapters.weights.ggml import convert, vocabulary
from app.adapters.weights.inspection import inspect
from app.domain.errors import ModelCorrupt
from app.domain.models import ModelKind

WIDTH = 4
Arrays = dict[str, np.ndarray]


def toy_whisper() -> Arrays:
    """One layer a side, every value different, so that a mix-up shows."""
    shapes: dict[str, tuple[int, ...]] = {
        "encoder/conv1/weight": (WIDTH, 80, 3),
        "encoder/conv1/bias": (WIDTH,),
        "encoder/conv2/weight": (WIDTH, WIDTH, 3),
        "encoder/conv2/bias": (WIDTH,),
        "encoder/position_encodings/encodings": (6, WIDTH),
        "decoder/position_encodings/encodings": (5, WIDTH),
        "decoder/embeddings/weight": (7, WIDTH),
    }
    for part in ("encoder", "decoder"):
        layer = f"{part}/layer_0"
        norms = [f"{part}/layer_norm", f"{layer}/self_attention/layer_norm"]
        norms += [f"{layer}/ffn/layer_norm"]
        linears = {"self_attention/linear_0": 12, "self_attention/linear_1": WIDTH}
        linears |= {"ffn/linear_0": 16, "ffn/linear_1": WIDTH}
        if part == "decoder":
            norms += [f"{layer}/attention/layer_norm"]
            linears |= {f"attention/linear_{n}": rows for n, rows in enumerate((4, 8, 4))}
        for norm in norms:
            shapes |= {f"{norm}/gamma": (WIDTH,), f"{norm}/beta": (WIDTH,)}
        for name, rows in linears.items():
            columns = 16 if name == "ffn/linear_1" else WIDTH
            shapes |= {f"{layer}/{name}/weight": (rows, columns), f"{layer}/{name}/bias": (rows,)}
    random = np.random.default_rng(0)
    arrays: Arrays = {
        name: random.standard_normal(shape).astype("<f2") for name, shape in shapes.items()
    }
    for part in ("encoder", "decoder"):
        arrays[f"{part}/num_heads"] = np.array(2, dtype="<i2")
    return arrays


def write_ct2(path: Path, arrays: Arrays) -> None:
    def text(value: str) -> bytes:
        return struct.pack("<H", len(value) + 1) + value.encode() + b"\0"

    ids = {"float16": 4, "int16": 2}
    content = struct.pack("<I", 6) + text("WhisperSpec") + struct.pack("<II", 3, len(arrays))
    for name, array in arrays.items():
        content += text(name) + struct.pack("<B", array.ndim)
        content += struct.pack(f"<{array.ndim}I", *array.shape)
        content += struct.pack("<BI", ids[array.dtype.name], array.nbytes) + array.tobytes()
    path.write_bytes(content + struct.pack("<I", 0))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_ct2(tmp_path / "model.bin", toy_whisper())
    words = {"a": 0, "\u0120b": 1, "\u010a": 2, "": 3, "<|endoftext|>": 4}
    (tmp_path / "tokenizer.json").write_text(json.dumps({"model": {"vocab": words}}))
    return tmp_path


def read_ggml(path: Path) -> tuple[tuple[int, ...], list[bytes], Arrays]:
    """Header without magic, words, tensors: as whisper.cpp goes through the file."""
    data = path.read_bytes()
    head = struct.unpack_from("<12i", data)
    assert head[0] == 0x67676D6C
    rows, columns = struct.unpack_from("<2i", data, 48)
    at = 56 + rows * columns * 4
    (count,) = struct.unpack_from("<i", data, at)
    at += 4
    words, tensors = [], {}
    for _ in range(count):
        (length,) = struct.unpack_from("<i", data, at)
        words.append(data[at + 4 : at + 4 + length])
        at += 4 + length
    while at < len(data):
        rank, length, kind = struct.unpack_from("<3i", data, at)
        shape = struct.unpack_from(f"<{rank}i", data, at + 12)[::-1]
        at += 12 + 4 * rank
        name = data[at : at + length].decode()
        dtype = np.dtype(("<f4", "<f2")[kind])
        size = int(np.prod(shape))
        tensors[name] = np.frombuffer(data, dtype, size, at + length).reshape(shape)
        at += length + size * dtype.itemsize
    return head[1:], words, tensors


@pytest.fixture
def converted(folder: Path) -> Path:
    target = folder / "out.bin"
    convert(folder, target, lambda done: None)
    return target


def test_header_tells_the_sizes_in_the_order_of_whisper_cpp(converted: Path) -> None:
    head, _, _ = read_ggml(converted)
    assert head == (7, 6, WIDTH, 2, 1, 5, WIDTH, 2, 1, 80, 1)


def test_tokens_become_bytes_and_special_ones_stay_out(converted: Path) -> None:
    _, words, _ = read_ggml(converted)
    assert words == [b"a", b" b", b"\n", b""]


def test_fused_attention_is_split_by_rows(converted: Path) -> None:
    source, (_, _, tensors) = toy_whisper(), read_ggml(converted)
    fused = source["encoder/layer_0/self_attention/linear_0/weight"]
    cross = source["decoder/layer_0/attention/linear_1/weight"]
    assert np.array_equal(tensors["encoder.blocks.0.attn.key.weight"], fused[4:8])
    assert np.array_equal(tensors["decoder.blocks.0.cross_attn.value.weight"], cross[4:])
    bias = source["decoder/layer_0/attention/linear_1/bias"]
    assert np.array_equal(tensors["decoder.blocks.0.cross_attn.value.bias"], bias[4:])


def test_there_are_the_tensors_that_whisper_cpp_counts(converted: Path) -> None:
    _, _, tensors = read_ggml(converted)
    # Around the blocks, in an encoder block, in a decoder block.
    assert len(tensors) == 11 + 15 + 24
    assert not [name for name in tensors if name.endswith("key.bias")]
    assert tensors["encoder.conv1.weight"].shape == (WIDTH, 80, 3)
    assert tensors["encoder.conv1.bias"].shape == (WIDTH, 1)


def test_matrices_are_half_and_the_rest_is_full_precision(converted: Path) -> None:
    _, _, tensors = read_ggml(converted)
    full = {name for name, array in tensors.items() if array.dtype == "<f4"}
    assert {"encoder.positional_embedding", "decoder.positional_embedding"} <= full
    assert {name for name in full if tensors[name].ndim > 1} == {
        "encoder.positional_embedding",
        "decoder.positional_embedding",
        "encoder.conv1.bias",
        "encoder.conv2.bias",
    }


def test_converting_twice_gives_the_same_bytes(folder: Path, converted: Path) -> None:
    again = folder / "again.bin"
    convert(folder, again, lambda done: None)
    assert again.read_bytes() == converted.read_bytes()


def test_result_passes_the_inspection(converted: Path) -> None:
    inspect(converted, ModelKind.WHISPER_GGML)


def test_progress_rises_to_one(folder: Path) -> None:
    seen: list[float] = []
    convert(folder, folder / "out.bin", seen.append)
    assert seen == sorted(seen) and seen[-1] == 1.0 and len(seen) > 10


@pytest.mark.parametrize("length", [0, 3, 40, 900])
def test_checkpoint_that_is_cut_off_is_corrupt(folder: Path, length: int) -> None:
    path = folder / "model.bin"
    path.write_bytes(path.read_bytes()[:length])
    with pytest.raises(ModelCorrupt):
        Checkpoint(path)


def test_checkpoint_of_another_version_is_corrupt(folder: Path) -> None:
    path = folder / "model.bin"
    path.write_bytes(struct.pack("<I", 5) + path.read_bytes()[4:])
    with pytest.raises(ModelCorrupt, match="version 6"):
        Checkpoint(path)


def test_missing_tensor_is_named(folder: Path) -> None:
    arrays = toy_whisper()
    del arrays["encoder/layer_norm/beta"]
    write_ct2(folder / "model.bin", arrays)
    with pytest.raises(ModelCorrupt, match="encoder/layer_norm/beta"):
        convert(folder, folder / "out.bin", lambda done: None)


@pytest.mark.parametrize("content", ["", "{}", '{"model": {"vocab": {"\u4e16": 0}}}'])
def test_tokenizer_that_is_not_byte_level_is_corrupt(tmp_path: Path, content: str) -> None:
    path = tmp_path / "tokenizer.json"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(ModelCorrupt):
        vocabulary(path)
