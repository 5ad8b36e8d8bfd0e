"""The picture of a job, decoded once: whoever looks at it gets plain pixels."""

from contextlib import ExitStack, closing

from app.domain.pictures import Bitmap
from app.pipeline.fetch import source_of
from app.pipeline.source import HeldSource
from app.pipeline.tools import Tools
from app.pipeline.work import Work
from app.ports import Darkroom


async def bitmap_of(tools: Tools, work: Work) -> Bitmap:
    """Decoded for who looks first, and kept until the job ends. Raises as `source_of` does, and
    as `developed`."""
    if work.bitmap is None:
        held = await source_of(tools, work)
        work.bitmap = await developed(tools.pictures.darkroom, held)
    return work.bitmap


async def developed(darkroom: Darkroom, held: HeldSource) -> Bitmap:
    """Whoever asks for it closes it. Raises SourceChanged, and as `develop` does."""
    with ExitStack() as undone:
        async with held.reading() as source:
            bitmap = undone.enter_context(closing(await darkroom.develop(source)))
        undone.pop_all()
    return bitmap
