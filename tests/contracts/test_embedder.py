"""The port `Embedder` over both adapters, with the real MiniLM in a real worker process."""

import asyncio
import importlib.util
import math
import multiprocessing
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path
from typing import ParamSpec, TypeVar

import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper
from tokenizers import Tokenizer, models, pre_tokenizers

from app.adapters.embedders.slot import SlotEmbedder
from app.adapters.embedders.text_onnx import OnnxEmbedder
from app.adapters.embedders.text_torch import TorchEmbedder
from app.adapters.process_pool_inside import hush
from app.adapters.weights.shelf import ModelShelf
from app.domain.errors import EngineError
from app.domain.models import ModelKind
from app.ports import Embedder, Vector, WorkerPool

P = ParamSpec("P")
T = TypeVar("T")

ROOT = Path(__file__).parents[2]
MODEL = "all-MiniLM-L6-v2"
TORCH = all(importlib.util.find_spec(name) for name in ("torch", "sentence_transformers"))
needs_torch = pytest.mark.skipif(not TORCH, reason="torch is not installed")
KINDS = {"torch": ModelKind.SENTENCE, "onnx": ModelKind.SENTENCE_ONNX}
MAKE: dict[str, Callable[[WorkerPool, Path, str], SlotEmbedder]] = {
    "torch": TorchEmbedder,
    "onnx": OnnxEmbedder,
}

SPEECH = """So I started to think about what we owe each other, and about the people who were here
long before us. They built the roads and the schools, and nobody thanked them for it.""".split()
TEXTS = [
    "",
    " ",
    "country",
    "?!",
    "你好世界",
    "我们今天讨论机器学习的未来，以及它对社会的影响。",  # noqa: RUF001
    "東京タワーへ行きました。",
    "Das große Häuser-Projekt in München kostet 3,5 Mio. €.",
    "Où est la bibliothèque ?",
    "Привет, как дела?",
    "مرحبا بالعالم",
    "🤷 🎉",
    "unbelievably antidisestablishmentarianism",
    "Ask not what your country can do for you.",
    "UPPER lower MiXeD",
    "https://example.com/a?b=c&d=%20",
    "tab\tand\nline\r\nbreak",
    *(" ".join((SPEECH * 70)[:words]) for words in (2, 5, 20, 60, 120, 180, 240, 255, 300, 2000)),
    "a" * 5000,
    "机" * 1000,
]


class OneWorker:
    """The least that is a `WorkerPool`: one process, whose output goes to a file."""

    slots = 1

    def __init__(self, output: Path) -> None:
        self.output = output
        self._executor = ProcessPoolExecutor(
            1, multiprocessing.get_context("spawn"), redirect, (str(output),)
        )

    async def run(self, function: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        return await asyncio.wrap_future(self._executor.submit(partial(function, *args, **kwargs)))

    async def run_within(
        self, seconds: float, function: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs
    ) -> T:
        return await asyncio.wait_for(self.run(function, *args, **kwargs), seconds)

    def busy(self) -> int:
        return 0

    def refresh(self) -> None:
        raise NotImplementedError

    async def aclose(self) -> None:
        self.close()

    def close(self) -> None:
        self._executor.shutdown()


def redirect(output: str) -> None:
    """Runs first in the worker: stdout and stderr, also of native code, into a file."""
    hush()
    file = os.open(output, os.O_CREAT | os.O_WRONLY | os.O_APPEND)
    os.dup2(file, 1)
    os.dup2(file, 2)


@pytest.fixture(scope="module")
def weights(model_folder: Path) -> dict[str, Path]:
    """The folder of the real MiniLM for each adapter."""
    shelf = ModelShelf(model_folder)
    return {name: shelf.find(MODEL, kind).path for name, kind in KINDS.items()}


@pytest.fixture(scope="module")
def workers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, OneWorker]]:
    """One process for each adapter: to import torch takes ten seconds, once."""
    folder = tmp_path_factory.mktemp("output")
    workers = {name: OneWorker(folder / name) for name in KINDS}
    yield workers
    for worker in workers.values():
        worker.close()


@pytest.fixture(params=[pytest.param("torch", marks=needs_torch), "onnx"])
def embedder(
    request: pytest.FixtureRequest, workers: dict[str, OneWorker], weights: dict[str, Path]
) -> SlotEmbedder:
    name = request.param
    return MAKE[name](workers[name], weights[name], MODEL)


def cosine(one: Vector, other: Vector) -> float:
    product = sum(a * b for a, b in zip(one, other, strict=True))
    return product / math.dist(one, [0.0] * len(one)) / math.dist(other, [0.0] * len(other))


async def loaded(embedder: SlotEmbedder) -> SlotEmbedder:
    await embedder.load()
    return embedder


async def test_vectors_are_of_unit_length_and_of_the_announced_dimensions(
    embedder: SlotEmbedder,
) -> None:
    assert embedder.dimensions == 384  # known before anything is loaded
    vectors = await (await loaded(embedder)).embed(TEXTS)
    assert len(vectors) == len(TEXTS)
    assert {len(vector) for vector in vectors} == {embedder.dimensions} == {384}
    for vector in vectors:
        assert math.dist(vector, [0.0] * 384) == pytest.approx(1, abs=1e-5)


async def test_what_belongs_together_is_nearer(embedder: SlotEmbedder) -> None:
    question, answer, other = await (await loaded(embedder)).embed(
        [
            "duty to the nation",
            "ask not what your country can do for you, ask what you can do for your country",
            "heat the oil in a pan and add the onions",
        ]
    )
    assert cosine(question, answer) > 0.3 > cosine(question, other) + 0.1


async def test_a_text_has_the_same_vector_alone_and_among_others(embedder: SlotEmbedder) -> None:
    ready = await loaded(embedder)
    among = await ready.embed(TEXTS)
    for number in (0, 2, 5, 13, len(TEXTS) - 3):
        [alone] = await ready.embed([TEXTS[number]])
        assert cosine(alone, among[number]) > 0.9999


async def test_what_comes_after_256_tokens_does_not_count(embedder: SlotEmbedder) -> None:
    start = "country " * 300
    one, other = await (await loaded(embedder)).embed([start + "onions " * 50, start])
    assert cosine(one, other) > 0.99999


async def test_no_texts_have_no_vectors(embedder: SlotEmbedder) -> None:
    assert list(await (await loaded(embedder)).embed([])) == []


async def test_text_that_is_no_valid_unicode_is_embedded_all_the_same(
    embedder: SlotEmbedder,
) -> None:
    [vector] = await (await loaded(embedder)).embed(["file name \udce9 from a disk"])
    assert len(vector) == 384


async def test_embed_waits_for_the_model(embedder: SlotEmbedder) -> None:
    port: Embedder = embedder
    assert not port.ready
    waiting = asyncio.create_task(port.embed(["country"]))
    done, _ = await asyncio.wait([waiting], timeout=0)
    assert not done
    await embedder.load()
    assert port.ready
    assert len(await waiting) == 1


async def test_nothing_is_printed(
    embedder: SlotEmbedder, workers: dict[str, OneWorker], request: pytest.FixtureRequest
) -> None:
    await (await loaded(embedder)).embed(TEXTS)
    printed = workers[request.node.callspec.params["embedder"]].output.read_text()
    assert printed == ""


@pytest.mark.parametrize("name", [pytest.param("torch", marks=needs_torch), "onnx"])
async def test_a_model_that_does_not_load_is_an_engine_error_and_can_be_tried_again(
    name: str, workers: dict[str, OneWorker], weights: dict[str, Path], tmp_path: Path
) -> None:
    folder = tmp_path / "model"
    folder.mkdir()
    for file in ("model.onnx", "tokenizer.json", "config.json", "model.safetensors"):
        (folder / file).write_bytes(b"no model")
    embedder = MAKE[name](workers[name], folder, MODEL)
    waiting = asyncio.create_task(embedder.embed(["country"]))
    with pytest.raises(EngineError):
        await embedder.load()
    with pytest.raises(EngineError, match="did not load"):
        await waiting
    assert not embedder.ready
    shutil.rmtree(folder)
    folder.symlink_to(weights[name])
    await embedder.load()
    assert embedder.ready
    assert len(await embedder.embed(["country"])) == 1


@needs_torch
async def test_torch_and_onnx_give_the_same_vectors(
    workers: dict[str, OneWorker], weights: dict[str, Path]
) -> None:
    spaces: list[Sequence[Vector]] = []
    for name, make in MAKE.items():
        embedder = await loaded(make(workers[name], weights[name], MODEL))
        spaces.append(await embedder.embed(TEXTS))
    alike = [cosine(one, other) for one, other in zip(*spaces, strict=True)]
    assert len(alike) >= 20
    worst = min(range(len(TEXTS)), key=alike.__getitem__)
    assert alike[worst] >= 0.999, TEXTS[worst][:80]


async def test_onnx_pools_by_itself_where_the_model_gives_states_of_tokens(
    workers: dict[str, OneWorker], tmp_path: Path
) -> None:
    table = [[9.0, 9.0], [3.0, 0.0], [0.0, 3.0]]  # of padding, "one" and "two"
    words = Tokenizer(models.WordLevel({"[PAD]": 0, "one": 1, "two": 2}, unk_token="[PAD]"))
    words.pre_tokenizer = pre_tokenizers.Whitespace()
    words.save(str(tmp_path / "tokenizer.json"))
    onnx.save(lookup_model(table), str(tmp_path / "model.onnx"))
    embedder = await loaded(OnnxEmbedder(workers["onnx"], tmp_path, "lookup"))
    assert embedder.dimensions == 2
    one, both, longer = await embedder.embed(["one", "one two", "one one one two"])
    assert list(one) == pytest.approx([1, 0])
    assert list(both) == pytest.approx([math.sqrt(0.5), math.sqrt(0.5)])
    assert list(longer) == pytest.approx([3 / math.sqrt(10), 1 / math.sqrt(10)])


def lookup_model(table: list[list[float]]) -> onnx.ModelProto:
    """Each token's state is its row of the table: what a mean over them is, is plain to see."""
    import numpy as np

    shape = ["batch", "sequence"]
    inputs = [
        helper.make_tensor_value_info(name, TensorProto.INT64, shape)
        for name in ("input_ids", "attention_mask", "token_type_ids")
    ]
    states = helper.make_tensor_value_info("last_hidden_state", TensorProto.FLOAT, [*shape, 2])
    weights = numpy_helper.from_array(np.array(table, dtype=np.float32), "table")
    gather = helper.make_node("Gather", ["table", "input_ids"], ["last_hidden_state"])
    graph = helper.make_graph([gather], "lookup", inputs, [states], [weights])
    return helper.make_model(graph, ir_version=8, opset_imports=[helper.make_opsetid("", 17)])


def test_the_service_can_import_the_embedders_without_their_libraries() -> None:
    script = """
import sys
import app.adapters.embedders.text_onnx, app.adapters.embedders.text_torch
heavy = {"numpy", "torch", "sentence_transformers", "onnxruntime", "tokenizers"}
print(sorted(heavy & set(sys.modules)))
"""
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True)
    assert (done.stdout.strip(), done.stderr) == ("[]", "")
