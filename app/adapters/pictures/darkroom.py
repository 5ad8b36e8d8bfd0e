"""Decoding behind walls, and thumbnails by Pillow in a worker slot."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from app.adapters.pictures.decoding import Decoder
from app.adapters.pictures.plain import PATIENCE, image_of
from app.domain.engine_errors import engine_errors
from app.domain.pictures import THUMBNAIL_SIDE, Bitmap
from app.domain.system_errors import refused
from app.ports import WorkerPool

if TYPE_CHECKING:
    from PIL.Image import Image

QUALITY = 85  # of a JPEG, up to 95


class PillowDarkroom:
    """Implements `ports.Darkroom`."""

    def __init__(self, pool: WorkerPool, decoder: Decoder) -> None:
        self._pool, self._decoder = pool, decoder

    async def develop(self, source: Path) -> Bitmap:
        return await self._decoder.decode(source)

    async def shrink(self, bitmap: Bitmap, thumbnail: Path) -> None:
        await self._pool.run_within(PATIENCE, shrink, bitmap, thumbnail)


def shrink(bitmap: Bitmap, thumbnail: Path) -> None:
    """Runs in the worker."""
    with engine_errors():
        image = image_of(bitmap, THUMBNAIL_SIDE)
        with _disk_errors():
            _save(image, thumbnail)


def _save(image: "Image", target: Path) -> None:
    part = target.with_name(f"{target.name}.part")
    try:
        with part.open("wb") as file:
            image.save(file, "JPEG", quality=QUALITY, optimize=True)
            file.flush()
            os.fsync(file.fileno())
        part.rename(target)
    except BaseException:
        part.unlink(missing_ok=True)
        raise


@contextmanager
def _disk_errors() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise refused(error, "the thumbnail cannot be kept") from error
