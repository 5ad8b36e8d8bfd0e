"""Broken weights are told from whole ones by their structure alone."""

import json
import struct
from pathlib import Path

import pytest

from app.adapters.weights.inspection import inspect
from app.domain.errors import ModelCorrupt
from app.domain.models import ModelKind


def ggml(kind: int = 8, length: int = 34) -> bytes:
    """One tensor of 32 values, quantised to `length` bytes."""
    head = struct.pack("<12i", 0x67676D6C, *range(11)) + struct.pack("<2if", 1, 1, 0.5)
    words = struct.pack("<2i", 1, 2) + b"hi"
    return head + words + struct.pack("<4i", 1, 1, kind, 32) + b"t" + bytes(length)


def safetensors() -> bytes:
    header = json.dumps({"w": {"dtype": "F32", "shape": [2], "data_offsets": [0, 8]}}).encode()
    return struct.pack("<Q", len(header)) + header + bytes(8)


ONNX = b"\x08\x08" + b"\x12\x03abc" + b"\x3a\x04" + b"\x0a\x02xy"


def test_whole_ggml_passes(tmp_path: Path) -> None:
    path = tmp_path / "ggml-x.bin"
    path.write_bytes(ggml())
    inspect(path, ModelKind.WHISPER_GGML)


def test_ggml_with_a_type_of_the_future_passes(tmp_path: Path) -> None:
    path = tmp_path / "ggml-x.bin"
    path.write_bytes(ggml(kind=99, length=5))
    inspect(path, ModelKind.WHISPER_GGML)


@pytest.mark.parametrize("cut", [0, 3, 47, 70, 75, 90, 120])
def test_ggml_that_is_cut_off_is_corrupt(tmp_path: Path, cut: int) -> None:
    path = tmp_path / "ggml-x.bin"
    path.write_bytes(ggml()[:cut])
    assert cut < len(ggml())
    with pytest.raises(ModelCorrupt, match=r"ggml-x\.bin"):
        inspect(path, ModelKind.WHISPER_GGML)


def ct2(folder: Path, *, cut: int = 0) -> Path:
    """One tensor of two halves, and the files beside it."""
    name = b"w\0"
    content = struct.pack("<I", 6) + struct.pack("<H", 2) + b"x\0" + struct.pack("<II", 1, 1)
    content += struct.pack("<H", 2) + name + struct.pack("<BI", 1, 2) + struct.pack("<BI", 4, 4)
    content += bytes(4)
    folder.mkdir()
    (folder / "model.bin").write_bytes(content[: len(content) - cut])
    for file in ("config.json", "tokenizer.json"):
        (folder / file).write_bytes(b"{}")
    (folder / "vocabulary.txt").touch()
    return folder


def test_whole_ctranslate2_folder_passes(tmp_path: Path) -> None:
    inspect(ct2(tmp_path / "x"), ModelKind.WHISPER_CT2)


@pytest.mark.parametrize("cut", [1, 10, 25])
def test_ctranslate2_weights_that_are_cut_off_are_corrupt(tmp_path: Path, cut: int) -> None:
    with pytest.raises(ModelCorrupt):
        inspect(ct2(tmp_path / "x", cut=cut), ModelKind.WHISPER_CT2)


@pytest.mark.parametrize("gone", ["model.bin", "config.json", "tokenizer.json", "vocabulary.txt"])
def test_ctranslate2_folder_needs_all_its_files(tmp_path: Path, gone: str) -> None:
    folder = ct2(tmp_path / "x")
    (folder / gone).unlink()
    with pytest.raises(ModelCorrupt):
        inspect(folder, ModelKind.WHISPER_CT2)


def test_other_file_is_no_ggml(tmp_path: Path) -> None:
    path = tmp_path / "ggml-x.bin"
    path.write_bytes(b"RIFF" + ggml()[4:])
    with pytest.raises(ModelCorrupt, match="no ggml file"):
        inspect(path, ModelKind.WHISPER_GGML)


def test_folder_is_no_ggml(tmp_path: Path) -> None:
    with pytest.raises(ModelCorrupt):
        inspect(tmp_path, ModelKind.WHISPER_GGML)


def test_whole_onnx_passes(tmp_path: Path) -> None:
    path = tmp_path / "vad.onnx"
    path.write_bytes(ONNX)
    inspect(path, ModelKind.SPEECH_DETECTION)


@pytest.mark.parametrize("content", [b"", b"\x08", ONNX[:-1], ONNX[:9], b"<html>", ONNX + b"\x0f"])
def test_broken_onnx_is_corrupt(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "vad.onnx"
    path.write_bytes(content)
    with pytest.raises(ModelCorrupt):
        inspect(path, ModelKind.SPEECH_DETECTION)


def test_onnx_folder_needs_its_tokenizer(tmp_path: Path) -> None:
    (tmp_path / "model.onnx").write_bytes(ONNX)
    with pytest.raises(ModelCorrupt):
        inspect(tmp_path, ModelKind.SENTENCE_ONNX)
    (tmp_path / "tokenizer.json").write_text("{}")
    inspect(tmp_path, ModelKind.SENTENCE_ONNX)


def test_sentence_folder_needs_whole_weights(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text("{}")
    with pytest.raises(ModelCorrupt):
        inspect(tmp_path, ModelKind.SENTENCE)
    (tmp_path / "model.safetensors").write_bytes(safetensors()[:-1])
    with pytest.raises(ModelCorrupt, match="cut off"):
        inspect(tmp_path, ModelKind.SENTENCE)
    (tmp_path / "model.safetensors").write_bytes(safetensors())
    inspect(tmp_path, ModelKind.SENTENCE)
