"""What eyes tell of a picture."""

from dataclasses import dataclass

from app.domain.assets import Tag

#: Pixels on the longer side of a thumbnail.
THUMBNAIL_SIDE = 480


@dataclass(frozen=True, kw_only=True)
class Size:
    """Pixels, upright."""

    width: int
    height: int


@dataclass(frozen=True, kw_only=True)
class Sight:
    """What a picture looks like to a model."""

    #: Names the space that the vector is in.
    model: str
    #: Of length 1.
    vector: tuple[float, ...]
    #: Best first; none where the model has no words.
    tags: tuple[Tag, ...] = ()
