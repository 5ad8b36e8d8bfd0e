"""What all visual embedders share: a task in a worker slot, and its outcome as a sight."""

from array import array
from collections.abc import Callable
from pathlib import Path

from app.adapters.pictures.plain import PATIENCE
from app.domain.assets import Tag
from app.domain.errors import Unavailable
from app.domain.pictures import Bitmap, Sight
from app.ports import Vector, WorkerPool

#: On its way out of a worker: the vector as float32, and tags with their scores.
Seen = tuple[bytes, list[tuple[str, float]]]
#: Runs in the worker: folder of the model, picture.
See = Callable[[str, Bitmap], Seen]


class SlotEyes:
    """Implements `ports.VisualEmbedder` with a function that runs in a worker slot."""

    knows_words = False

    def __init__(self, pool: WorkerPool, model_path: Path, model: str, see: See) -> None:
        self.model = model
        self._pool, self._folder = pool, str(model_path)
        self._see = see

    async def see(self, bitmap: Bitmap) -> Sight:
        vector, tags = await self._pool.run_within(PATIENCE, self._see, self._folder, bitmap)
        return Sight(
            model=self.model,
            vector=tuple(array("f", vector)),
            tags=tuple(Tag(label=label, score=score) for label, score in tags),
        )

    async def imagine(self, text: str) -> Vector:
        raise Unavailable(f"{self.model} knows no words: only a picture finds pictures")
