"""The ONNX form of a sentence model: the real MiniLM is in the contract test; this is its logic."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import save_file

from app.adapters.weights.bert_folder import BertFolder, Pooling
from app.adapters.weights.sentence_onnx import convert
from app.domain.errors import ModelCorrupt, ModelNotFound

WIDTH = 8
CONFIG: dict[str, Any] = {
    "model_type": "bert",
    "hidden_act": "gelu",
    "hidden_size": WIDTH,
    "num_attention_heads": 2,
    "num_hidden_layers": 1,
    "layer_norm_eps": 1e-12,
}


def toy_weights() -> dict[str, np.ndarray]:
    layer = "encoder.layer.0"
    linears = {
        f"{layer}.attention.self.query": (WIDTH, WIDTH),
        f"{layer}.attention.self.key": (WIDTH, WIDTH),
        f"{layer}.attention.self.value": (WIDTH, WIDTH),
        f"{layer}.attention.output.dense": (WIDTH, WIDTH),
        f"{layer}.intermediate.dense": (16, WIDTH),
        f"{layer}.output.dense": (WIDTH, 16),
    }
    norms = ["embeddings", f"{layer}.attention.output", f"{layer}.output"]
    shapes: dict[str, tuple[int, ...]] = {
        "embeddings.word_embeddings.weight": (20, WIDTH),
        "embeddings.position_embeddings.weight": (12, WIDTH),
        "embeddings.token_type_embeddings.weight": (2, WIDTH),
    }
    for name, shape in linears.items():
        shapes |= {f"{name}.weight": shape, f"{name}.bias": shape[:1]}
    for name in norms:
        shapes |= {f"{name}.LayerNorm.{part}": (WIDTH,) for part in ("weight", "bias")}
    random = np.random.default_rng(1)
    return {name: random.standard_normal(shape).astype("<f4") for name, shape in shapes.items()}


def write_bert(folder: Path, *, pooling: str = "mean_tokens", **config: Any) -> Path:
    (folder / "1_Pooling").mkdir(parents=True)
    (folder / "config.json").write_text(json.dumps(CONFIG | config))
    steps = [{"type": f"x.{name}", "path": path} for name, path in STEPS.items()]
    (folder / "modules.json").write_text(json.dumps(steps))
    mode = {"pooling_mode_mean_tokens": False, f"pooling_mode_{pooling}": True}
    (folder / "1_Pooling" / "config.json").write_text(json.dumps(mode))
    (folder / "tokenizer.json").write_text("{}")
    save_file(toy_weights(), folder / "model.safetensors")
    return folder


STEPS = {"Transformer": "", "Pooling": "1_Pooling", "Normalize": "2_Normalize"}


def run(folder: Path, ids: list[list[int]], mask: list[list[int]]) -> np.ndarray:
    import onnxruntime

    session = onnxruntime.InferenceSession(folder / "model.onnx")
    feed = {"input_ids": np.array(ids), "attention_mask": np.array(mask)}
    (vectors,) = session.run(["sentence_embedding"], feed)
    return np.asarray(vectors)


@pytest.fixture
def mean(tmp_path: Path) -> Path:
    convert(write_bert(tmp_path / "bert"), tmp_path / "onnx", lambda done: None)
    return tmp_path / "onnx"


def test_vectors_have_length_one_whatever_the_batch(mean: Path) -> None:
    vectors = run(mean, [[1, 2, 3], [4, 5, 6]], [[1, 1, 1], [1, 1, 1]])
    assert vectors.shape == (2, WIDTH)
    assert np.linalg.norm(vectors, axis=1) == pytest.approx([1, 1])


def test_padding_changes_nothing(mean: Path) -> None:
    alone = run(mean, [[1, 2]], [[1, 1]])
    padded = run(mean, [[1, 2, 0, 0], [3, 4, 5, 6]], [[1, 1, 0, 0], [1, 1, 1, 1]])
    assert padded[0] == pytest.approx(alone[0], abs=1e-6)


def test_order_of_tokens_matters(mean: Path) -> None:
    vectors = run(mean, [[1, 2, 3], [3, 2, 1]], [[1, 1, 1], [1, 1, 1]])
    assert abs(vectors[0] - vectors[1]).max() > 1e-3


def test_cls_pooling_takes_the_first_token(tmp_path: Path, mean: Path) -> None:
    source = write_bert(tmp_path / "cls-bert", pooling="cls_token")
    assert BertFolder.read(source).pooling is Pooling.CLS
    convert(source, tmp_path / "cls", lambda done: None)
    one, many = ([[5]], [[1]]), ([[5, 6, 7]], [[1, 1, 1]])
    assert run(tmp_path / "cls", *one) == pytest.approx(run(mean, *one), abs=1e-6)
    assert abs(run(tmp_path / "cls", *many) - run(mean, *many)).max() > 1e-3


@pytest.mark.parametrize(
    "other",
    [{"model_type": "roberta"}, {"hidden_act": "relu"}, {"position_embedding_type": "relative"}],
)
def test_other_models_than_bert_are_refused(tmp_path: Path, other: dict[str, str]) -> None:
    source = write_bert(tmp_path / "bert", **other)
    with pytest.raises(ModelNotFound, match=next(iter(other))):
        convert(source, tmp_path / "onnx", lambda done: None)


def test_other_pooling_is_refused(tmp_path: Path) -> None:
    source = write_bert(tmp_path / "bert", pooling="max_tokens")
    with pytest.raises(ModelNotFound, match="pools in another way"):
        convert(source, tmp_path / "onnx", lambda done: None)


def test_further_steps_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(STEPS, "Dense", "2_Dense")
    with pytest.raises(ModelNotFound, match="Dense"):
        convert(write_bert(tmp_path / "bert"), tmp_path / "onnx", lambda done: None)


def test_missing_weights_are_named(tmp_path: Path) -> None:
    source = write_bert(tmp_path / "bert", num_hidden_layers=2)
    with pytest.raises(ModelCorrupt, match=r"encoder\.layer\.1"):
        convert(source, tmp_path / "onnx", lambda done: None)


def test_broken_weights_are_corrupt(tmp_path: Path) -> None:
    source = write_bert(tmp_path / "bert")
    (source / "model.safetensors").write_bytes(b"not weights")
    with pytest.raises(ModelCorrupt, match="cannot be read"):
        convert(source, tmp_path / "onnx", lambda done: None)


def test_broken_configuration_is_corrupt(tmp_path: Path) -> None:
    source = write_bert(tmp_path / "bert")
    (source / "config.json").write_text("{")
    with pytest.raises(ModelCorrupt, match="configuration"):
        convert(source, tmp_path / "onnx", lambda done: None)
