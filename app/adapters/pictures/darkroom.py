"""Decoding and thumbnails by Pillow, in a worker slot."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from app.adapters.pictures.opening import PATIENCE, upright
from app.domain.engine_errors import engine_errors
from app.domain.pictures import THUMBNAIL_SIDE, Size
from app.domain.system_errors import refused
from app.ports import WorkerPool

if TYPE_CHECKING:
    from PIL.Image import Image

QUALITY = 85  # of a JPEG, up to 95


class PillowDarkroom:
    """Implements `ports.Darkroom`."""

    def __init__(self, pool: WorkerPool, max_pixels: int) -> None:
        self._pool, self._max_pixels = pool, max_pixels

    async def develop(self, source: Path, thumbnail: Path) -> Size:
        return await self._pool.run_within(PATIENCE, develop, source, thumbnail, self._max_pixels)


def develop(source: Path, thumbnail: Path, max_pixels: int) -> Size:
    """Runs in the worker."""
    with engine_errors():
        image, size = upright(source, max_pixels, THUMBNAIL_SIDE)
        with _disk_errors():
            _save(image, thumbnail)
        return size


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
