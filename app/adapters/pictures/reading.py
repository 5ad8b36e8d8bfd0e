"""Text in pictures by RapidOCR, in a worker slot of its own: half a gigabyte goes there."""

from collections.abc import Sequence
from functools import cache
from importlib.util import find_spec
from typing import Any

from app.adapters.pictures.plain import PATIENCE, image_of
from app.domain.assets import TextLine
from app.domain.engine_errors import engine_errors
from app.domain.errors import Unavailable
from app.domain.full_set import full_set
from app.domain.pictures import Bitmap
from app.ports import WorkerPool

SIDE = 2000  # pixels; the detector takes no more
#: 0..1; what is less sure is noise in the picture.
SURE = 0.6
ONE_THREAD = {
    "EngineConfig.onnxruntime.intra_op_num_threads": 1,
    "EngineConfig.onnxruntime.inter_op_num_threads": 1,
    "Global.log_level": "error",
}


class RapidReader:
    """Implements `ports.TextReader`."""

    def __init__(self, pool: WorkerPool) -> None:
        self._pool = pool

    def missing(self) -> str | None:
        return None if find_spec("rapidocr") else f"rapidocr is not installed; {_hint()}"

    async def read(self, bitmap: Bitmap) -> Sequence[TextLine]:
        if reason := self.missing():
            raise Unavailable(reason, code="ocr.unavailable", hint=_hint())
        found = await self._pool.run_within(PATIENCE, read, bitmap)
        return tuple(TextLine(text=text, score=score) for text, score in found)


def _hint() -> str:
    return f"install the full set: {full_set()}"


def read(bitmap: Bitmap) -> list[tuple[str, float]]:
    """Runs in the worker, which keeps the models. From top to bottom."""
    with engine_errors():
        import numpy as np

        image = image_of(bitmap, SIDE)
        found = _reader()(np.asarray(image)[:, :, ::-1])  # it wants blue first, as OpenCV does
        lines = zip(found.txts or (), found.scores or (), strict=True)
        return [(text.strip(), float(score)) for text, score in lines if _says(text, score)]


def _says(text: str, score: float) -> bool:
    return score >= SURE and any(letter.isalnum() for letter in text)


@cache
def _reader() -> Any:
    from rapidocr import RapidOCR

    return RapidOCR(params=ONE_THREAD)
