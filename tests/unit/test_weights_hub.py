"""The hub, as a real HTTP server that answers like huggingface.co."""

import hashlib
import json
import struct
from collections.abc import Iterator
from pathlib import Path

import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from app.adapters.weights.seal import read_seal
from app.adapters.weights.shelf import ModelShelf
from app.domain.errors import ModelCorrupt, ModelNotFound
from app.domain.models import ModelKind, ModelSource

TINY = "/ggerganov/whisper.cpp/resolve/main/ggml-tiny.bin"
MINI = "/sentence-transformers/mini"
GGML = (
    struct.pack("<12i", 0x67676D6C, *range(11))
    + struct.pack("<2if", 1, 1, 0.5)
    + struct.pack("<i", 0)
    + struct.pack("<4i", 1, 1, 0, 50_000)
    + b"t"
    + bytes(200_000)
)


def shelf(folder: Path, server: HTTPServer) -> ModelShelf:
    return ModelShelf(folder, pypi=False, hub_url=server.url_for("/"))


def send_on(server: HTTPServer, content: bytes, sha256: str) -> None:
    """As the hub does: the sha256 comes with a redirect to the place where the file lies."""
    headers = {"Location": "/cdn/blob", "X-Linked-Etag": f'"{sha256}"'}
    server.expect_request(TINY).respond_with_response(Response(status=302, headers=headers))
    server.expect_request("/cdn/blob").respond_with_data(content)


def test_whisper_model_comes_through_the_redirect(tmp_path: Path, httpserver: HTTPServer) -> None:
    send_on(httpserver, GGML, hashlib.sha256(GGML).hexdigest())
    seen: list[float] = []
    found = shelf(tmp_path, httpserver).find("tiny", ModelKind.WHISPER_GGML, seen.append)
    assert found.source is ModelSource.HUB
    assert found.path == tmp_path / "ggml-tiny.bin"
    assert found.path.read_bytes() == GGML
    assert seen == sorted(seen) and seen[-1] == 1.0 and len(seen) > 2
    seal = read_seal(found.path)
    assert seal and seal.source == "hub: tiny"
    again = shelf(tmp_path, httpserver).find("tiny", ModelKind.WHISPER_GGML)
    assert again.source is ModelSource.FOLDER
    assert len(httpserver.log) == 2


def test_wrong_hash_is_corrupt_and_leaves_nothing(tmp_path: Path, httpserver: HTTPServer) -> None:
    send_on(httpserver, GGML, "0" * 64)
    with pytest.raises(ModelCorrupt, match="sha256"):
        shelf(tmp_path, httpserver).find("tiny", ModelKind.WHISPER_GGML)
    assert list(tmp_path.iterdir()) == []


def test_download_that_breaks_off_is_corrupt_and_leaves_nothing(
    tmp_path: Path, httpserver: HTTPServer
) -> None:
    def cut(request: Request) -> Response:
        headers = {"Content-Length": str(len(GGML))}
        return Response(iter([GGML[:1000]]), headers=headers, direct_passthrough=True)

    httpserver.expect_request(TINY).respond_with_handler(cut)
    with pytest.raises(ModelCorrupt, match="broke off at 1000 bytes"):
        shelf(tmp_path, httpserver).find("tiny", ModelKind.WHISPER_GGML)
    assert list(tmp_path.iterdir()) == []


def test_page_in_place_of_a_model_is_corrupt(tmp_path: Path, httpserver: HTTPServer) -> None:
    httpserver.expect_request(TINY).respond_with_data("<html>Log in to this network</html>")
    with pytest.raises(ModelCorrupt, match="gave a broken model: the file is no ggml"):
        shelf(tmp_path, httpserver).find("tiny", ModelKind.WHISPER_GGML)
    assert list(tmp_path.iterdir()) == []


def test_refusal_of_the_hub_is_told(tmp_path: Path, httpserver: HTTPServer) -> None:
    httpserver.expect_request(TINY).respond_with_data("gone", status=404)
    with pytest.raises(ModelNotFound, match="answered 404") as caught:
        shelf(tmp_path, httpserver).find("tiny", ModelKind.WHISPER_GGML)
    order = [caught.value.message.index(f"{place}: ") for place in ModelSource]
    assert order == sorted(order)
    assert caught.value.hint and "ggml-tiny.bin" in caught.value.hint


def test_hub_that_nobody_answers_for_is_told(tmp_path: Path) -> None:
    nowhere = ModelShelf(tmp_path, pypi=False, hub_url="http://127.0.0.1:9")
    with pytest.raises(ModelNotFound, match="cannot be reached"):
        nowhere.find("tiny", ModelKind.WHISPER_GGML)
    assert list(tmp_path.iterdir()) == []


def test_unknown_whisper_names_are_not_asked_for(tmp_path: Path, httpserver: HTTPServer) -> None:
    with pytest.raises(ModelNotFound, match="not among the models"):
        shelf(tmp_path, httpserver).find("gigantic", ModelKind.WHISPER_GGML)
    assert httpserver.log == []


def test_broken_model_from_the_hub_is_fetched_again(tmp_path: Path, httpserver: HTTPServer) -> None:
    send_on(httpserver, GGML, hashlib.sha256(GGML).hexdigest())
    found = shelf(tmp_path, httpserver).find("tiny", ModelKind.WHISPER_GGML)
    found.path.write_bytes(GGML[:5000])
    again = shelf(tmp_path, httpserver).find("tiny", ModelKind.WHISPER_GGML)
    assert again.source is ModelSource.HUB
    assert again.path.read_bytes() == GGML


def serve_sentence(server: HTTPServer) -> None:
    header = json.dumps({"w": {"dtype": "F32", "shape": [2], "data_offsets": [0, 8]}}).encode()
    files = {
        "config.json": b"{}",
        "1_Pooling/config.json": b"{}",
        "tokenizer.json": b"{}",
        "README.md": b"not wanted",
        "model.safetensors": struct.pack("<Q", len(header)) + header + bytes(8),
        "pytorch_model.bin": b"not wanted",
        "onnx/model.onnx": b"\x08\x08\x3a\x01x",
        "onnx/model_O2.onnx": b"not wanted",
        "../1_evil.json": b"not wanted",
    }
    listing = {"siblings": [{"rfilename": name} for name in files]}
    server.expect_request(f"/api/models{MINI}").respond_with_json(listing)
    for name, content in files.items():
        server.expect_request(f"{MINI}/resolve/main/{name}").respond_with_data(content)


def inside(path: Path) -> set[str]:
    return {file.relative_to(path).as_posix() for file in path.rglob("*") if file.is_file()}


def test_sentence_model_comes_with_the_files_it_needs(
    tmp_path: Path, httpserver: HTTPServer
) -> None:
    serve_sentence(httpserver)
    found = shelf(tmp_path, httpserver).find("mini", ModelKind.SENTENCE)
    assert found.path == tmp_path / "mini"
    wanted = {"config.json", "1_Pooling/config.json", "tokenizer.json", "model.safetensors"}
    assert inside(found.path) == wanted


def test_owner_in_the_name_becomes_part_of_the_folder(
    tmp_path: Path, httpserver: HTTPServer
) -> None:
    serve_sentence(httpserver)
    found = shelf(tmp_path, httpserver).find("sentence-transformers/mini", ModelKind.SENTENCE)
    assert found.path == tmp_path / "sentence-transformers--mini"
    names = {entry.name for entry in shelf(tmp_path, httpserver).entries() if entry.path}
    assert names == {"sentence-transformers/mini"}


def test_onnx_model_comes_with_its_tokenizer(tmp_path: Path, httpserver: HTTPServer) -> None:
    serve_sentence(httpserver)
    found = shelf(tmp_path, httpserver).find("mini", ModelKind.SENTENCE_ONNX)
    assert found.path == tmp_path / "mini-onnx"
    assert {"model.onnx", "tokenizer.json"} <= inside(found.path)
    assert "model.safetensors" not in inside(found.path)


@pytest.mark.parametrize(
    ("name", "repository", "folder"),
    [
        ("small", "Systran/faster-whisper-small", "faster-whisper-small"),
        (
            "large-v3-turbo",
            "mobiuslabsgmbh/faster-whisper-large-v3-turbo",
            "faster-whisper-large-v3-turbo",
        ),
        ("me/mine", "me/mine", "me--mine"),
    ],
)
def test_ctranslate2_model_comes_from_its_repository(
    tmp_path: Path, httpserver: HTTPServer, name: str, repository: str, folder: str
) -> None:
    files = {
        "README.md": b"not wanted",
        "config.json": b"{}",
        "tokenizer.json": b"{}",
        "vocabulary.json": b"[]",
        "model.bin": struct.pack("<IH", 6, 2) + b"x\0" + struct.pack("<II", 1, 0),
    }
    listing = {"siblings": [{"rfilename": file} for file in files]}
    httpserver.expect_request(f"/api/models/{repository}").respond_with_json(listing)
    for file, content in files.items():
        httpserver.expect_request(f"/{repository}/resolve/main/{file}").respond_with_data(content)
    found = shelf(tmp_path, httpserver).find(name, ModelKind.WHISPER_CT2)
    assert found.path == tmp_path / folder
    assert inside(found.path) == set(files) - {"README.md"}
    names = {entry.name for entry in shelf(tmp_path, httpserver).entries() if entry.path}
    assert names == {name}


def test_quantised_names_of_whisper_cpp_are_none_of_ctranslate2(
    tmp_path: Path, httpserver: HTTPServer
) -> None:
    with pytest.raises(ModelNotFound, match="none of tiny"):
        shelf(tmp_path, httpserver).find("base-q5_1", ModelKind.WHISPER_CT2)
    assert len(httpserver.log) == 0


def test_repository_without_onnx_says_so(tmp_path: Path, httpserver: HTTPServer) -> None:
    listing = {"siblings": [{"rfilename": "config.json"}]}
    httpserver.expect_request(f"/api/models{MINI}").respond_with_json(listing)
    with pytest.raises(ModelNotFound, match="no files for sentence-onnx"):
        shelf(tmp_path, httpserver).find("mini", ModelKind.SENTENCE_ONNX)
    assert list(tmp_path.iterdir()) == []


def test_a_list_of_files_without_end_is_not_read_to_its_end(
    tmp_path: Path, httpserver: HTTPServer
) -> None:
    sent: list[bytes] = []

    def speak() -> Iterator[bytes]:
        while len(sent) < 1000:
            sent.append(b" " * (1 << 16))
            yield sent[-1]

    httpserver.expect_request(f"/api/models{MINI}").respond_with_handler(
        lambda _: Response(speak())
    )
    with pytest.raises(ModelNotFound, match="more than 16777216 bytes"):
        shelf(tmp_path, httpserver).find("mini", ModelKind.SENTENCE_ONNX)
    assert len(sent) < 1000


@pytest.mark.parametrize("told", ["[" * 100_000, '{"siblings": [7]}', "[]", ""])
def test_nonsense_is_no_list_of_files(tmp_path: Path, httpserver: HTTPServer, told: str) -> None:
    httpserver.expect_request(f"/api/models{MINI}").respond_with_data(told)
    with pytest.raises(ModelNotFound, match="no list of files"):
        shelf(tmp_path, httpserver).find("mini", ModelKind.SENTENCE_ONNX)
