"""Pictures and words in one space, by a CLIP model in sentence-transformers, in a worker slot."""

import json
import warnings
from array import array
from functools import cache
from pathlib import Path
from typing import Any

from app.adapters.pictures.plain import PATIENCE, image_of
from app.adapters.pictures.visual import Seen, SlotEyes
from app.domain.engine_errors import engine_errors
from app.domain.pictures import Bitmap
from app.ports import Vector, WorkerPool

SIDE = 448  # pixels; the model itself takes 224 to 336
DIMENSIONS = 512  # of those whose folder does not tell


class ClipEyes(SlotEyes):
    """`model_path` is a folder as sentence-transformers reads it."""

    knows_words = True

    def __init__(self, pool: WorkerPool, model_path: Path, model: str) -> None:
        super().__init__(pool, model_path, model, see)
        self.dimensions = announced_dimensions(model_path)

    async def imagine(self, text: str) -> Vector:
        clean = text.encode(errors="replace").decode()  # no lone surrogates
        vector = await self._pool.run_within(PATIENCE, imagine, self._folder, clean)
        return array("f", vector)


def announced_dimensions(folder: Path) -> int:
    """From the model's own small file, so that the index can open before the model is loaded."""
    for config in (*folder.glob("[0-9]*/config.json"), folder / "config.json"):
        try:
            return int(json.loads(config.read_bytes())["projection_dim"])
        except (OSError, ValueError, KeyError, TypeError):
            continue
    return DIMENSIONS


def see(folder: str, bitmap: Bitmap) -> Seen:
    """Runs in the worker, which keeps the model."""
    with engine_errors():
        return _encoded(folder, image_of(bitmap, SIDE)), []


def imagine(folder: str, text: str) -> bytes:
    """Runs in the worker."""
    with engine_errors():
        return _encoded(folder, text)


def _encoded(folder: str, thing: Any) -> bytes:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        vectors = _model(folder).encode([thing], normalize_embeddings=True, show_progress_bar=False)
    return bytes(vectors[0].astype("float32").tobytes())


@cache
def _model(folder: str) -> Any:
    import torch
    from sentence_transformers import SentenceTransformer

    torch.set_num_threads(1)  # a second thread spins beside the transcribing workers
    device = "cuda" if torch.cuda.is_available() else "cpu"
    return SentenceTransformer(folder, device=device, local_files_only=True)
