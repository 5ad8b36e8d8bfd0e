"""Pictures and words in one space: `VisualEmbedder` over a CLIP model as small as can be.

It was never taught anything: only that both kinds come out, and alike each time, can be told.
"""

import importlib.util
import json
import math
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from pytest_httpserver import HTTPServer

from app.adapters.pictures.clip import ClipEyes, announced_dimensions
from app.adapters.weights.shelf import ModelShelf
from app.domain.errors import EngineError, ModelCorrupt, ModelNotFound
from app.domain.models import ModelKind, ModelSource
from app.ports import VisualEmbedder
from tests.contracts.test_embedder import OneWorker
from tests.pictures import plain, scene

TORCH = all(importlib.util.find_spec(name) for name in ("torch", "sentence_transformers"))
pytestmark = pytest.mark.skipif(not TORCH, reason="torch is not installed")
MAKE = """
import json, sys
from pathlib import Path
import torch
from sentence_transformers import SentenceTransformer
from sentence_transformers.models import CLIPModel as Step
from transformers import CLIPConfig, CLIPImageProcessor, CLIPModel, CLIPProcessor, CLIPTokenizer

raw, folder = Path(sys.argv[1]), sys.argv[2]
letters = [chr(number) for number in range(97, 123)]
words = [*letters, *(f"{letter}</w>" for letter in letters), "<|startoftext|>", "<|endoftext|>"]
(raw / "vocab.json").write_text(json.dumps({word: number for number, word in enumerate(words)}))
(raw / "merges.txt").write_text("#version: 0.2\\n")
names = [str(raw / "vocab.json"), str(raw / "merges.txt")]
tokenizer = CLIPTokenizer(*names, unk_token="<|endoftext|>")
small = dict(hidden_size=16, intermediate_size=32, num_hidden_layers=1, num_attention_heads=2)
ids = dict(bos_token_id=52, eos_token_id=53, pad_token_id=53)
torch.manual_seed(0)
CLIPModel(CLIPConfig(
    text_config=dict(small, vocab_size=len(words), **ids),
    vision_config=dict(small, image_size=32, patch_size=16),
    projection_dim=8,
)).save_pretrained(raw)
sides = dict(size={"shortest_edge": 32}, crop_size={"height": 32, "width": 32})
CLIPProcessor(CLIPImageProcessor(**sides), tokenizer).save_pretrained(raw)
SentenceTransformer(modules=[Step(str(raw))]).save(folder)
"""


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    raw, folder = tmp_path_factory.mktemp("raw"), tmp_path_factory.mktemp("clip") / "tiny-clip"
    command = [sys.executable, "-W", "ignore", "-c", MAKE, str(raw), str(folder)]
    quiet = os.environ | {"TRANSFORMERS_VERBOSITY": "error", "HF_HUB_OFFLINE": "1"}
    subprocess.run(command, check=True, capture_output=True, env=quiet)
    return folder


@pytest.fixture(scope="module")
def worker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OneWorker]:
    worker = OneWorker(tmp_path_factory.mktemp("output") / "printed")
    yield worker
    worker.close()


@pytest.fixture
def eyes(worker: OneWorker, clip: Path) -> VisualEmbedder:
    return ClipEyes(worker, clip, "tiny-clip")


async def test_pictures_and_words_lie_in_one_space(
    eyes: VisualEmbedder, worker: OneWorker, tmp_path: Path
) -> None:
    sight = await eyes.see(plain(scene(tmp_path / "a.png", "white", "red")))
    word = await eyes.imagine("red \udce9")
    assert eyes.knows_words and eyes.dimensions == 8
    for vector in (sight.vector, word):
        assert len(vector) == 8 and math.hypot(*vector) == pytest.approx(1, abs=1e-5)
    assert (sight.model, sight.tags) == ("tiny-clip", ())
    again = await eyes.see(plain(tmp_path / "a.png"))
    assert again.vector == pytest.approx(sight.vector, abs=1e-5)
    assert worker.output.read_text() == ""


async def test_a_folder_without_a_model_is_an_engine_error(
    worker: OneWorker, tmp_path: Path
) -> None:
    empty = ClipEyes(worker, tmp_path, "nothing")
    with pytest.raises(EngineError):
        await empty.imagine("red")


def test_it_is_found_by_its_path_and_in_the_model_folder(clip: Path) -> None:
    shelf = ModelShelf(clip.parent, pypi=False, hub=False)
    assert shelf.find(str(clip), ModelKind.CLIP).source is ModelSource.PATH
    assert shelf.find("tiny-clip", ModelKind.CLIP).source is ModelSource.FOLDER
    kinds = {entry.kind for entry in shelf.entries() if entry.name == "tiny-clip"}
    assert kinds == {ModelKind.CLIP}


def test_half_of_one_is_corrupt(clip: Path, tmp_path: Path) -> None:
    half = tmp_path / "half-clip"
    half.mkdir()
    for file in clip.glob("*.*"):
        (half / file.name).write_bytes(file.read_bytes())
    os.truncate(half / "model.safetensors", 1000)
    shelf = ModelShelf(tmp_path, pypi=False, hub=False)
    with pytest.raises(ModelCorrupt, match="cut off"):
        shelf.find("half-clip", ModelKind.CLIP)
    with pytest.raises(ModelNotFound):
        shelf.find("no-clip", ModelKind.CLIP)


def test_its_length_is_announced_by_the_folder_of_either_shape(clip: Path, tmp_path: Path) -> None:
    assert announced_dimensions(clip) == 8
    assert announced_dimensions(tmp_path) == 512
    step = tmp_path / "0_CLIPModel"
    step.mkdir()
    (step / "config.json").write_text(json.dumps({"projection_dim": 768}))
    assert announced_dimensions(tmp_path) == 768


@pytest.mark.parametrize("step", ["", "0_CLIPModel/"])
def test_it_is_fetched_from_a_hub_by_name(
    clip: Path, tmp_path: Path, httpserver: HTTPServer, step: str
) -> None:
    """As newer and older versions of sentence-transformers lay it out."""
    root = ("modules.json", "config_sentence_transformers.json")
    files = {
        file.name if file.name in root else f"{step}{file.name}": file.read_bytes()
        for file in clip.glob("*.*")
    }
    names = [{"rfilename": name} for name in (*files, "README.md", "onnx/model.onnx")]
    repository = "sentence-transformers/clip-ViT-B-32"
    httpserver.expect_request(f"/api/models/{repository}").respond_with_json({"siblings": names})
    for name, content in files.items():
        httpserver.expect_request(f"/{repository}/resolve/main/{name}").respond_with_data(content)
    shelf = ModelShelf(tmp_path, pypi=False, hub_url=httpserver.url_for("/"))
    found = shelf.find("clip-ViT-B-32", ModelKind.CLIP)
    assert found.source is ModelSource.HUB and announced_dimensions(found.path) == 8
    assert (found.path / step / "model.safetensors").is_file()
    again = ModelShelf(tmp_path, pypi=False, hub=False).find("clip-ViT-B-32", ModelKind.CLIP)
    assert again.path == found.path
