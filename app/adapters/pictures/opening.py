"""Opens a picture that anybody may have made. Runs between walls: a decoder may die of it."""

import os
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, BinaryIO

from app.domain.errors import MediaTooLarge, MediaUnreadable, SpoolError
from app.domain.pictures import Size

if TYPE_CHECKING:
    from PIL.Image import Image

#: Pixels on the longer side of what is handed on: nobody looks at more.
SIDE = 2000
#: None that runs another program (EPS) or that nobody photographs with.
FORMATS = ("AVIF", "BMP", "GIF", "JPEG", "PNG", "TIFF", "WEBP")
ORIENTATION = 0x0112  # EXIF's tag
SIXTEEN_BITS = ("I", "I;16", "I;16B", "I;16L", "I;16N")
#: From this EXIF orientation on, the picture lies on its side.
LYING = 5
#: Of the file: decoders of WebP and AVIF take in all of it before they tell how large it is.
MAX_BYTES = 256 << 20
#: Pixels that are made small at a time, where the shape of the picture allows it.
BAND = 1 << 20


def upright(source: BinaryIO, max_pixels: int) -> "tuple[Image, Size]":
    """The first picture of the file as RGB on white, at most `SIDE` pixels on its longer side,
    and the size that it has in full.

    Raises MediaUnreadable, MediaTooLarge before anything is decoded, OSError with the system's
    number, MemoryError.
    """
    from PIL import Image

    Image.MAX_IMAGE_PIXELS = None  # we say it in our own words
    with _planned(), _open(source) as image:
        width, height = image.size
        if width * height > max_pixels:
            raise MediaTooLarge(
                f"{width} x {height} pixels: more than the {max_pixels} that are allowed"
            )
        # for what is hidden deeper in the file; Pillow refuses from twice as many on
        Image.MAX_IMAGE_PIXELS = max_pixels // 2
        orientation = _orientation(image)
        image.draft("RGB", (SIDE, SIDE))  # a JPEG is decoded at a fraction of its size
        image.load()
        small = _small(image)
        size = (height, width) if orientation >= LYING else (width, height)
        return _turned(small, orientation), Size(width=size[0], height=size[1])


def _open(source: BinaryIO) -> "Image":
    from PIL import Image

    size = os.fstat(source.fileno()).st_size
    if size > MAX_BYTES:
        raise MediaTooLarge(f"a picture of {size} bytes: more than the {MAX_BYTES} allowed")
    return Image.open(source, formats=FORMATS)


def _small(image: "Image") -> "Image":
    """Band by band: of a large picture with transparency, copies would take gigabytes."""
    from PIL import Image

    width, height = image.size
    factor = max(1, max(width, height) // (2 * SIDE))
    small = Image.new("RGB", (-(-width // factor), -(-height // factor)))
    rows = max(BAND // width // factor, 1) * factor
    for top in range(0, height, rows):
        band = image.crop((0, top, width, min(top + rows, height)))
        small.paste(_rgb(band).reduce(factor), (0, top // factor))
    small.thumbnail((SIDE, SIDE))
    return small


def _orientation(image: "Image") -> int:
    """1, upright, also where the EXIF data make no sense."""
    with suppress(Exception):
        found = int(image.getexif().get(ORIENTATION, 1))
        return found if 1 <= found <= 8 else 1
    return 1


def _turned(image: "Image", orientation: int) -> "Image":
    from PIL.Image import Transpose

    steps = {
        2: Transpose.FLIP_LEFT_RIGHT,
        3: Transpose.ROTATE_180,
        4: Transpose.FLIP_TOP_BOTTOM,
        5: Transpose.TRANSPOSE,
        6: Transpose.ROTATE_270,
        7: Transpose.TRANSVERSE,
        8: Transpose.ROTATE_90,
    }
    return image.transpose(steps[orientation]) if orientation in steps else image


def _rgb(image: "Image") -> "Image":
    """Without transparency: what shines through is white."""
    from PIL import Image

    if image.mode in SIXTEEN_BITS:
        image = image.convert("I").point(lambda value: value / 256).convert("L")
    if image.mode in ("LA", "PA", "RGBA", "La", "RGBa") or "transparency" in image.info:
        seen = image.convert("RGBA")
        white = Image.new("RGBA", seen.size, "white")
        return Image.alpha_composite(white, seen).convert("RGB")
    return image if image.mode == "RGB" else image.convert("RGB")


@contextmanager
def _planned() -> Iterator[None]:
    """Broken data make decoders raise nearly anything."""
    from PIL import Image

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    except (SpoolError, MemoryError):
        raise
    except Image.DecompressionBombError as error:
        raise MediaTooLarge("it holds a picture of more pixels than are allowed") from error
    except Exception as error:
        if isinstance(error, OSError) and error.errno is not None:  # the system's, not Pillow's
            raise
        raise MediaUnreadable(_told(error)) from error


def _told(error: Exception) -> str:
    """The decoder's words, without what Pillow says of our own file."""
    from PIL import UnidentifiedImageError

    if isinstance(error, UnidentifiedImageError):
        return f"no picture of a kind that is known here: {', '.join(FORMATS)}"
    return f"the picture is broken: {error or type(error).__name__}"
