"""What both embedders share: loading behind the service's start, and batches through a worker."""

import asyncio
import json
from array import array
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from app.domain.errors import EngineError, SpoolError
from app.ports import Vector, WorkerPool

#: Texts longer than this many tokens are cut: MiniLM was trained on no more.
MAX_TOKENS = 256
#: Texts in one task of the slot. Small, so that a query never waits long behind a transcript.
BATCH = 16
#: Seconds after which a batch is stuck rather than slow. A replaced worker reads the model first,
#: and to import torch alone takes a busy machine a minute.
PATIENCE = 300.0
MINILM_DIMENSIONS = 384
FLOAT_BYTES = 4

#: Vectors on their way out of a worker: how many numbers in each, and all as float32.
Encoded = tuple[int, bytes]
#: On their way into one: their bytes, as float32.
Packed = bytes
#: Runs in the worker: folder of the model and texts to vectors.
Encode = Callable[[str, list[str]], Encoded]


class SlotEmbedder:
    """Implements `ports.Embedder` with a function that runs in a worker slot.

    `dimensions` is what the model's folder announces until `load` has seen the model itself.
    """

    def __init__(self, pool: WorkerPool, model_path: Path, model: str, encode: Encode) -> None:
        self.model = model
        self.dimensions = announced_dimensions(model_path)
        self.ready = False
        self._pool = pool
        self._folder = str(model_path)
        self._encode = encode
        self._tried = asyncio.Event()
        self._failure: SpoolError | None = None

    async def load(self) -> None:
        """Load the model in the slot. Raises EngineError; may be called again after that."""
        try:
            self.dimensions, _ = await self._encoded(["warm-up"])
        except SpoolError as error:
            self._failure = error
            raise
        else:
            self.ready, self._failure = True, None
        finally:
            self._tried.set()

    async def embed(self, texts: Sequence[str]) -> Sequence[Vector]:
        """Unit vectors, in order. Waits for `load`; raises EngineError when that failed."""
        await self._tried.wait()
        if self._failure is not None:
            message = f"the embedding model {self.model} did not load: {self._failure}"
            raise EngineError(message) from self._failure
        clean = [text.encode(errors="replace").decode() for text in texts]  # no lone surrogates
        batches = [clean[first : first + BATCH] for first in range(0, len(clean), BATCH)]
        return [vector for batch in batches for vector in await self._vectors(batch)]

    async def _vectors(self, texts: list[str]) -> list[Vector]:
        return list(unpacked(*await self._encoded(texts)))

    async def _encoded(self, texts: list[str]) -> Encoded:
        return await self._pool.run_within(PATIENCE, self._encode, self._folder, texts)


def unpacked(dimensions: int, data: bytes) -> Iterator["array[float]"]:
    """The vectors as arrays of the standard library: the web process needs no numpy for them."""
    size = dimensions * FLOAT_BYTES
    for first in range(0, len(data), size):
        yield array("f", data[first : first + size])


def packed(vectors: Sequence[Vector]) -> Packed:
    return b"".join(array("f", vector).tobytes() for vector in vectors)


def announced_dimensions(folder: Path) -> int:
    """From the model's own small files, so that the index can open before the model is loaded."""
    for name, key in (
        ("1_Pooling/config.json", "word_embedding_dimension"),
        ("config.json", "hidden_size"),
    ):
        try:
            return int(json.loads((folder / name).read_text("utf-8"))[key])
        except (OSError, ValueError, KeyError, TypeError):
            continue
    return MINILM_DIMENSIONS
