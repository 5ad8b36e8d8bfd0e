"""Runs between walls: Pillow decodes standard input into plain pixels, and what came of it is told
on standard output, in a line of JSON.

`{"width": 2000, "height": 1500, "full": [4000, 3000]}`; `{"failed": code, "words": ...}` in place
of it; `{"errno": 28}` for what the system refused.
"""

import importlib
import json
import os
import sys
from typing import BinaryIO

from app.adapters.pictures.opening import FORMATS, upright
from app.domain.errors import MediaError, MediaTooLarge, MediaUnreadable
from app.domain.system_errors import FORBIDDEN

#: What Pillow would load once it needs it: behind the walls no file is opened any more.
PARTS = ("ImageCms", "ImageColor", "ImageFile", "ImagePalette", "MpoImagePlugin", "TiffTags")
PLUGINS = {"AVIF": "Avif", "BMP": "Bmp", "GIF": "Gif", "JPEG": "Jpeg", "PNG": "Png"} | {
    "TIFF": "Tiff",
    "WEBP": "WebP",
}

#: Of AVIF's decoder: one for each core would take gigabytes of addresses on a large machine.
THREADS = 2


def load() -> None:
    """All that decoding takes."""
    from PIL import AvifImagePlugin, Image

    AvifImagePlugin.DEFAULT_MAX_THREADS = THREADS
    Image.preinit()
    for part in (*PARTS, *(f"{PLUGINS[each]}ImagePlugin" for each in FORMATS)):
        importlib.import_module(f"PIL.{part}")
    importlib.import_module("copy")


load()


def main(target: str, max_pixels: str) -> None:
    """`target`: the number of the descriptor that pixels go to."""
    # Of the descriptor 0, Pillow's decoder of TIFF believes that it is none.
    with os.fdopen(os.dup(0), "rb") as source, open(int(target), "wb") as out:
        _tell(**told(source, out, int(max_pixels)))


def told(source: BinaryIO, out: BinaryIO, max_pixels: int) -> dict[str, object]:
    """What is told of it."""
    try:
        return decoded(source, out, max_pixels)
    except MediaError as error:
        return _failed(error)
    except MemoryError:
        return _failed(MediaTooLarge("decoding it takes more memory than a picture may have"))
    except OSError as error:
        if error.errno in FORBIDDEN:
            return _failed(MediaUnreadable("it wants what no decoding takes"))
        return {"errno": error.errno or 0}


def decoded(source: BinaryIO, out: BinaryIO, max_pixels: int) -> dict[str, object]:
    """Raises as `upright` does."""
    image, size = upright(source, max_pixels)
    out.write(image.tobytes())
    out.flush()
    full = [size.width, size.height]
    return {"width": image.width, "height": image.height, "full": full}


def _failed(error: MediaError) -> dict[str, object]:
    return {"failed": error.code, "words": error.message}


def _tell(**line: object) -> None:
    sys.stdout.write(json.dumps(line) + "\n")
    sys.stdout.flush()
