"""What looks at pictures, without looking: it tells what it is told to, or fails."""

from collections.abc import Sequence
from pathlib import Path

from app.domain.assets import Tag, TextLine
from app.domain.errors import Unavailable
from app.domain.pictures import Bitmap, Sight, Size
from app.pipeline.tools import PictureTools
from app.ports import Vector


class Gallery:
    """Implements all ports for pictures. `troubles` are raised by the name of the verb."""

    dimensions = 2
    knows_words = False

    def __init__(self) -> None:
        self.size = Size(width=64, height=48)
        self.lines: tuple[TextLine, ...] = (TextLine(text="Quarterly plan", score=0.9),)
        self.sight = Sight(
            model="fake", vector=(0.6, 0.8), tags=(Tag(label="espresso", score=0.9),)
        )
        self.description = "A cup on a table."
        self.describes = self.describes_frames = False
        self.troubles: dict[str, Exception] = {}
        #: Verbs, in the order in which they were asked for.
        self.asked: list[str] = []

    @property
    def tools(self) -> PictureTools:
        describer = self if self.describes else None
        return PictureTools(
            darkroom=self,
            reader=self,
            eyes=self,
            describer=describer,
            describes_frames=self.describes_frames,
        )

    def missing(self) -> str | None:
        trouble = self.troubles.get("read")
        return trouble.message if isinstance(trouble, Unavailable) else None

    def _note(self, verb: str) -> None:
        self.asked.append(verb)
        if trouble := self.troubles.get(verb):
            raise trouble

    async def develop(self, source: Path) -> Bitmap:
        self._note("develop")
        return Bitmap(path=Path("/nowhere/pixels"), width=1, height=1, size=self.size)

    async def shrink(self, bitmap: Bitmap, thumbnail: Path) -> None:
        self._note("shrink")
        _make_small(thumbnail)

    async def read(self, bitmap: Bitmap) -> Sequence[TextLine]:
        self._note("read")
        return self.lines

    async def see(self, bitmap: Bitmap) -> Sight:
        self._note("see")
        return self.sight

    async def imagine(self, text: str) -> Vector:
        raise NotImplementedError

    async def describe(self, bitmap: Bitmap) -> str:
        self._note("describe")
        return self.description


def _make_small(thumbnail: Path) -> None:
    thumbnail.write_bytes(b"small")
