"""A picture on its way to who looks at it, and what they tell of it."""

from dataclasses import dataclass
from pathlib import Path

from app.domain.assets import Tag

#: Pixels on the longer side of a thumbnail.
THUMBNAIL_SIDE = 480


@dataclass(frozen=True, kw_only=True)
class Size:
    """Pixels, upright."""

    width: int
    height: int


@dataclass(frozen=True, kw_only=True)
class Bitmap:
    """Plain pixels of ours, upright: there is nothing left in them to decode.

    Whoever asks for one closes it, once nobody reads it any more.
    """

    #: Of a file with 3 bytes for each pixel, red first, row by row from the top.
    path: Path
    #: In pixels; no more than eyes look at.
    width: int
    height: int
    #: Of the picture in full.
    size: Size

    def close(self) -> None:
        self.path.unlink(missing_ok=True)


@dataclass(frozen=True, kw_only=True)
class Sight:
    """What a picture looks like to a model."""

    #: Names the space that the vector is in.
    model: str
    #: Of length 1.
    vector: tuple[float, ...]
    #: Best first; none where the model has no words.
    tags: tuple[Tag, ...] = ()
