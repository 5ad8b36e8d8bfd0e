"""Text in pictures by RapidOCR, in a worker slot of its own: half a gigabyte goes there."""

from collections.abc import Sequence
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from app.adapters.pictures.opening import PATIENCE, upright
from app.domain.assets import TextLine
from app.domain.engine_errors import engine_errors
from app.domain.errors import Unavailable
from app.ports import WorkerPool

HINT = "install the full set: scripts/install --full"
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

    def __init__(self, pool: WorkerPool, max_pixels: int) -> None:
        self._pool, self._max_pixels = pool, max_pixels

    def missing(self) -> str | None:
        return None if find_spec("rapidocr") else f"rapidocr is not installed; {HINT}"

    async def read(self, source: Path) -> Sequence[TextLine]:
        if reason := self.missing():
            raise Unavailable(reason, code="ocr.unavailable", hint=HINT)
        found = await self._pool.run_within(PATIENCE, read, source, self._max_pixels)
        return tuple(TextLine(text=text, score=score) for text, score in found)


def read(source: Path, max_pixels: int) -> list[tuple[str, float]]:
    """Runs in the worker, which keeps the models. From top to bottom."""
    with engine_errors():
        import numpy as np

        image, _ = upright(source, max_pixels, SIDE)
        found = _reader()(np.asarray(image)[:, :, ::-1])  # it wants blue first, as OpenCV does
        lines = zip(found.txts or (), found.scores or (), strict=True)
        return [(text.strip(), float(score)) for text, score in lines if _says(text, score)]


def _says(text: str, score: float) -> bool:
    return score >= SURE and any(letter.isalnum() for letter in text)


@cache
def _reader() -> Any:
    from rapidocr import RapidOCR

    return RapidOCR(params=ONE_THREAD)
