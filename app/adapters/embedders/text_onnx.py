"""Sentence embeddings by onnxruntime and tokenizers, in a worker slot: no torch needed."""

from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

from app.adapters.embedders.slot import BATCH, MAX_TOKENS, Encoded, SlotEmbedder
from app.domain.engine_errors import engine_errors
from app.ports import WorkerPool

POOLED = "sentence_embedding"  # the output that needs no pooling
TINY = 1e-12  # keeps a vector of zeros from dividing by zero
ERRORS_ONLY = 3  # onnxruntime's severity


class OnnxEmbedder(SlotEmbedder):
    """`model_path` is a folder with `model.onnx` and `tokenizer.json`."""

    def __init__(self, pool: WorkerPool, model_path: Path, model: str) -> None:
        super().__init__(pool, model_path, model, encode)


def encode(folder: str, texts: list[str]) -> Encoded:
    """Runs in the worker, which keeps the model. Raises EngineError."""
    with engine_errors():
        import numpy as np

        tokens = _tokenizer(folder).encode_batch(texts)
        order = sorted(range(len(texts)), key=lambda index: len(tokens[index].ids))
        batches = [order[first : first + BATCH] for first in range(0, len(order), BATCH)]
        found = np.concatenate([_run(folder, [tokens[i].ids for i in batch]) for batch in batches])
        vectors = np.empty_like(found, dtype=np.float32)
        vectors[order] = found
        return vectors.shape[1], vectors.tobytes()


@cache
def _tokenizer(folder: str) -> Any:
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_file(str(Path(folder, "tokenizer.json")))
    tokenizer.enable_truncation(MAX_TOKENS)
    tokenizer.no_padding()  # the saved one pads every text to 128 tokens
    return tokenizer


@cache
def _session(folder: str) -> Any:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = ERRORS_ONLY
    return onnxruntime.InferenceSession(
        str(Path(folder, "model.onnx")), options, providers=["CPUExecutionProvider"]
    )


def _run(folder: str, ids: Sequence[Sequence[int]]) -> Any:
    """One batch of token ids to unit vectors, (texts, dimensions)."""
    import numpy as np

    lengths = np.array([len(row) for row in ids])
    mask = (np.arange(lengths.max()) < lengths[:, None]).astype(np.int64)
    padded = np.zeros_like(mask)  # which token pads does not matter: the mask hides it
    padded[mask == 1] = np.concatenate([np.asarray(row) for row in ids])
    known = {"input_ids": padded, "attention_mask": mask, "token_type_ids": np.zeros_like(mask)}
    session = _session(folder)
    names = [output.name for output in session.get_outputs()]
    wanted = POOLED if POOLED in names else names[0]
    [vectors] = session.run([wanted], {i.name: known[i.name] for i in session.get_inputs()})
    return _unit(vectors if vectors.ndim == 2 else _mean(vectors, mask))


def _mean(states: Any, mask: Any) -> Any:
    """Of the states of real tokens: (texts, tokens, dimensions) to (texts, dimensions)."""
    return (states * mask[:, :, None]).sum(axis=1) / mask.sum(axis=1, keepdims=True)


def _unit(vectors: Any) -> Any:
    import numpy as np

    return vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), TINY)
