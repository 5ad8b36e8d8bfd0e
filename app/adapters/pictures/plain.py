"""Plain pixels, for those who look at them. Runs in a worker, which never meets anything else."""

from typing import TYPE_CHECKING

from app.domain.pictures import Bitmap

if TYPE_CHECKING:
    from PIL.Image import Image

#: Seconds after which a worker is stuck rather than slow; a fresh one loads its model first.
PATIENCE = 180.0


def image_of(bitmap: Bitmap, side: int) -> "Image":
    """RGB, at most `side` pixels on its longer side."""
    from PIL import Image

    image = Image.frombytes("RGB", (bitmap.width, bitmap.height), bitmap.path.read_bytes())
    image.thumbnail((side, side))
    return image
