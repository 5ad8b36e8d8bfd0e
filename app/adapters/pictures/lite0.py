"""Visual vectors and tags by EfficientNet-Lite0 in onnxruntime, in a worker slot."""

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from app.adapters.pictures.plain import image_of
from app.adapters.pictures.visual import Seen, SlotEyes
from app.domain.engine_errors import engine_errors
from app.domain.pictures import Bitmap
from app.ports import WorkerPool

if TYPE_CHECKING:
    from PIL.Image import Image

DIMENSIONS = 1280
SIDE = 224  # pixels
#: The middle of the shorter side that the model was trained to look at.
MIDDLE = 0.875
#: From 0..255 to about -1..1, as it was trained.
MEAN, SPREAD = 127.0, 128.0
MOST_TAGS = 5
#: 0..1; below it, tags are mostly wrong.
SURE = 0.2
ERRORS_ONLY = 3  # onnxruntime's severity


class Lite0Eyes(SlotEyes):
    """`model_path` is a folder with `model.onnx` and `labels.txt`."""

    dimensions = DIMENSIONS

    def __init__(self, pool: WorkerPool, model_path: Path, model: str) -> None:
        super().__init__(pool, model_path, model, see)


def see(folder: str, bitmap: Bitmap) -> Seen:
    """Runs in the worker, which keeps the model."""
    with engine_errors():
        image = image_of(bitmap, 4 * SIDE)
        vectors, shares = _session(folder).run(
            ["vector", "shares"], {"picture": _pixels(image)[None]}
        )
        return vectors[0].tobytes(), _tags(folder, shares[0])


def _pixels(image: "Image") -> Any:
    """float32 [3, 224, 224]: the middle of the picture."""
    import numpy as np
    from PIL.Image import Resampling

    side = max(1.0, min(image.size) * MIDDLE)
    left, top = (image.width - side) / 2, (image.height - side) / 2
    middle = image.resize(
        (SIDE, SIDE), Resampling.BICUBIC, box=(left, top, left + side, top + side)
    )
    return ((np.asarray(middle, np.float32) - MEAN) / SPREAD).transpose(2, 0, 1)


def _tags(folder: str, shares: Any) -> list[tuple[str, float]]:
    best = shares.argsort()[::-1][:MOST_TAGS]
    return [(_labels(folder)[i], float(shares[i])) for i in best if shares[i] >= SURE]


@cache
def _labels(folder: str) -> list[str]:
    return Path(folder, "labels.txt").read_text("utf-8").splitlines()


@cache
def _session(folder: str) -> Any:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = ERRORS_ONLY
    return onnxruntime.InferenceSession(
        str(Path(folder, "model.onnx")), options, providers=["CPUExecutionProvider"]
    )
