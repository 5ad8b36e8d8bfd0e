"""CTranslate2 -> ggml, on a Whisper of a few bytes; the real ones are in the contract test."""

import json
import struct
from pathlib import Path

import numpy as np
import pytest
from pytest_httpserver import HTTPServer

from app.adapters.weights.ct2 import Checkpoint
from app.adapters.weights.ggml import convert, vocabulary
from app.adapters.weights.inspection import inspect
from app.adapters.weights.shelf import ModelShelf
from app.domain.errors import ModelCorrupt
from app.domain.models import ModelKind, ModelSource

WIDTH = 4
Arrays = dict[str, np.ndarray]
#: Largest values of the forms that CTranslate2 quantises to.
LARGEST = {"int8": 127, "int16": 32767}


def toy_whisper(width: int = WIDTH) -> Arrays:
    """One layer a side, every value different, so that a mix-up shows."""
    shapes: dict[str, tuple[int, ...]] = {
        "encoder/conv1/weight": (width, 80, 3),
        "encoder/conv1/bias": (width,),
        "encoder/conv2/weight": (width, width, 3),
        "encoder/conv2/bias": (width,),
        "encoder/position_encodings/encodings": (6, width),
        "decoder/position_encodings/encodings": (5, width),
        "decoder/embeddings/weight": (7, width),
    }
    for part in ("encoder", "decoder"):
        layer = f"{part}/layer_0"
        norms = [f"{part}/layer_norm", f"{layer}/self_attention/layer_norm"]
        norms += [f"{layer}/ffn/layer_norm"]
        linears = {"self_attention/linear_0": 3 * width, "self_attention/linear_1": width}
        linears |= {"ffn/linear_0": 4 * width, "ffn/linear_1": width}
        if part == "decoder":
            norms += [f"{layer}/attention/layer_norm"]
            linears |= {f"attention/linear_{n}": rows * width for n, rows in enumerate((1, 2, 1))}
        for norm in norms:
            shapes |= {f"{norm}/gamma": (width,), f"{norm}/beta": (width,)}
        for name, rows in linears.items():
            columns = 4 * width if name == "ffn/linear_1" else width
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

    ids = {"float32": 0, "int8": 1, "int16": 2, "float16": 4}
    content = struct.pack("<I", 6) + text("WhisperSpec") + struct.pack("<II", 3, len(arrays))
    for name, array in arrays.items():
        content += text(name) + struct.pack("<B", array.ndim)
        content += struct.pack(f"<{array.ndim}I", *array.shape)
        content += struct.pack("<BI", ids[array.dtype.name], array.nbytes) + array.tobytes()
    path.write_bytes(content + struct.pack("<I", 0))


def quantised(form: str) -> Arrays:
    """The same as CTranslate2's converter leaves it: large matrices as integers, and scales."""
    found: Arrays = {}
    for name, array in toy_whisper().items():
        if name.endswith("/weight") and array.ndim == 2:
            scale = LARGEST[form] / np.abs(array.astype("<f4")).max(1)
            found[name] = np.round(array * scale[:, None]).astype(form)
            found[f"{name}_scale"] = scale.astype("<f4")
        else:
            found[name] = array
    return found


def put(models: Path, name: str, arrays: Arrays) -> Path:
    """A whole folder, as people put it among the models."""
    folder = models / f"faster-whisper-{name}"
    folder.mkdir()
    write_ct2(folder / "model.bin", arrays)
    (folder / "tokenizer.json").write_text(json.dumps({"model": {"vocab": {"a": 0}}}))
    (folder / "config.json").write_text("{}")
    (folder / "vocabulary.json").write_text("[]")
    return folder


def ggml_names(models: Path) -> set[str]:
    entries = ModelShelf(models, hub=False, catalogue=()).entries()
    return {entry.name for entry in entries if entry.kind is ModelKind.WHISPER_GGML}


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


@pytest.mark.parametrize("form", list(LARGEST))
@pytest.mark.parametrize("name", ["mine", "mine-q8_0"])
def test_a_quantised_folder_is_refused_and_never_written_as_if_its_integers_were_weights(
    tmp_path: Path, form: str, name: str
) -> None:
    put(tmp_path, "mine", quantised(form))
    with pytest.raises(ModelCorrupt, match="--quantization float16"):
        ModelShelf(tmp_path, pypi=False, hub=False).find(name, ModelKind.WHISPER_GGML)
    assert [path.name for path in tmp_path.glob("*.bin")] == []


def test_where_the_folder_is_quantised_the_next_source_is_asked(
    tmp_path: Path, converted: Path, httpserver: HTTPServer
) -> None:
    url = "/ggerganov/whisper.cpp/resolve/main/ggml-tiny.bin"
    httpserver.expect_request(url).respond_with_data(converted.read_bytes())
    put(tmp_path, "tiny", quantised("int8"))
    shelf = ModelShelf(tmp_path, pypi=False, hub_url=httpserver.url_for("/"))
    found = shelf.find("tiny", ModelKind.WHISPER_GGML)
    assert found.source is ModelSource.HUB
    assert found.path.read_bytes() == converted.read_bytes()


def test_what_can_be_made_of_a_folder_is_listed_before_it_is_made(tmp_path: Path) -> None:
    put(tmp_path, "mine", toy_whisper())
    assert ggml_names(tmp_path) == {"mine", "mine-q5_1", "mine-q8_0"}
    entries = ModelShelf(tmp_path, pypi=False, hub=False).entries()
    [mine] = [e for e in entries if (e.name, e.kind) == ("mine", ModelKind.WHISPER_GGML)]
    assert (mine.path, mine.sources) == (None, (ModelSource.FOLDER,))


@pytest.mark.parametrize("fault", ["quantised", "cut off", "odd name"])
def test_what_cannot_be_made_of_a_folder_is_not_listed(tmp_path: Path, fault: str) -> None:
    name = "my own" if fault == "odd name" else "mine"
    made = put(tmp_path, name, quantised("int8") if fault == "quantised" else toy_whisper())
    if fault == "cut off":
        (made / "model.bin").write_bytes(b"cut")
    assert ggml_names(tmp_path) == set()
