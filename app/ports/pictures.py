"""From a picture to what can be searched for."""

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from app.domain.assets import TextLine
from app.domain.pictures import Bitmap, Sight
from app.ports.types import Vector


class Darkroom(Protocol):
    """Who asks for a bitmap closes it; a stranger's bytes go no further than here."""

    async def develop(self, source: Path) -> Bitmap:
        """Decoded, once, for all who look at it.

        Raises MediaUnreadable, MediaTooLarge, SourceGone, StorageError, EngineError.
        """
        ...

    async def shrink(self, bitmap: Bitmap, thumbnail: Path) -> None:
        """A small JPEG at `thumbnail`, whole or not at all. Raises StorageError, EngineError."""
        ...


class TextReader(Protocol):
    def missing(self) -> str | None:
        """Why it can read nothing at all; None when it can."""
        ...

    async def read(self, bitmap: Bitmap) -> Sequence[TextLine]:
        """The lines that stand in the picture, from top to bottom; none where there are none.

        Raises Unavailable when what it takes is not installed, EngineError.
        """
        ...


class VisualEmbedder(Protocol):
    """Pictures to unit vectors, all of one length."""

    @property
    def dimensions(self) -> int:
        """Numbers in a vector."""
        ...

    @property
    def knows_words(self) -> bool:
        """Whether texts lie in the space of the pictures, so that one finds the other."""
        ...

    async def see(self, bitmap: Bitmap) -> Sight:
        """Raises EngineError."""
        ...

    async def imagine(self, text: str) -> Vector:
        """Where pictures of it would lie. Raises Unavailable if it knows no words, EngineError."""
        ...


class Describer(Protocol):
    async def describe(self, bitmap: Bitmap) -> str:
        """What the picture shows, in a sentence or two. Raises EngineError."""
        ...
