"""Makers of pictures."""

from collections.abc import Sequence
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont, ImageOps

from app.domain.pictures import Bitmap, Size

#: EXIF's tag.
ORIENTATION = 0x0112


def page(path: Path, lines: Sequence[str], size: tuple[int, int] = (800, 400)) -> Path:
    """Black on white, line under line."""
    image = Image.new("RGB", size, "white")
    draw = ImageDraw.Draw(image)
    font = ImageFont.load_default(size=36)
    for number, line in enumerate(lines):
        draw.text((30, 30 + 70 * number), line, "black", font)
    image.save(path)
    return path


def halves(path: Path, orientation: int = 1, size: tuple[int, int] = (600, 400)) -> Path:
    """Red on the left, blue on the right as it is stored; a viewer turns it as EXIF says."""
    image = Image.new("RGB", size, "blue")
    image.paste("red", (0, 0, size[0] // 2, size[1]))
    exif = Image.Exif()
    exif[ORIENTATION] = orientation
    image.save(path, exif=exif)
    return path


def scene(path: Path, ground: str, thing: str, shift: int = 0) -> Path:
    """A round thing on a ground."""
    image = Image.new("RGB", (480, 360), ground)
    ImageDraw.Draw(image).ellipse((140 + shift, 80, 340 + shift, 280), thing, "black", 6)
    image.save(path)
    return path


def plain(source: Path) -> Bitmap:
    """As a darkroom hands it on, in a file beside it."""
    with Image.open(source) as image:
        upright = ImageOps.exif_transpose(image).convert("RGB")
    path = source.with_suffix(".pixels")
    path.write_bytes(upright.tobytes())
    size = Size(width=upright.width, height=upright.height)
    return Bitmap(path=path, width=size.width, height=size.height, size=size)
