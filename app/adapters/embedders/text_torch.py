"""Sentence embeddings by sentence-transformers, in a worker slot."""

import warnings
from functools import cache
from pathlib import Path
from typing import Any

from app.adapters.embedders.slot import BATCH, MAX_TOKENS, Encoded, SlotEmbedder
from app.domain.engine_errors import engine_errors
from app.ports import WorkerPool


class TorchEmbedder(SlotEmbedder):
    """Runs on CUDA or Apple's GPU where there is one, else on one CPU thread."""

    def __init__(self, pool: WorkerPool, model_path: Path, model: str) -> None:
        super().__init__(pool, model_path, model, encode)


def encode(folder: str, texts: list[str]) -> Encoded:
    """Runs in the worker, which keeps the model. Raises EngineError."""
    with engine_errors():
        vectors = _model(folder).encode(
            texts, batch_size=BATCH, normalize_embeddings=True, show_progress_bar=False
        )
        return vectors.shape[1], vectors.astype("float32").tobytes()


@cache
def _model(folder: str) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import torch
        from sentence_transformers import SentenceTransformer

        torch.set_num_threads(1)  # a second thread spins beside the transcribing workers
        model = SentenceTransformer(folder, device=_device(torch), local_files_only=True)
    model.max_seq_length = min(model.max_seq_length or MAX_TOKENS, MAX_TOKENS)
    return model


def _device(torch: Any) -> str:
    if torch.cuda.is_available():
        return "cuda"
    return "mps" if torch.backends.mps.is_available() else "cpu"
