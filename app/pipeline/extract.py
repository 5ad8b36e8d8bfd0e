"""From a medium to raw sound: the first extractor that can."""

from collections.abc import Sequence
from pathlib import Path

from app.domain.errors import MediaUnreadable
from app.domain.media import Audio
from app.ports import MediaExtractor, Progress


async def extract(
    extractors: Sequence[MediaExtractor], source: Path, target: Path, progress: Progress
) -> Audio:
    """Try the extractors that accept `source`, in order, until one understands it.

    Raises what the last of them raised. Nothing is left at `target` when this raises.
    """
    unread = MediaUnreadable("nothing here reads this kind of file")
    try:
        for extractor in extractors:
            if not extractor.accepts(source):
                continue
            try:
                return await extractor.extract(source, target, progress)
            except MediaUnreadable as error:
                unread = error
        raise unread
    except BaseException:
        _discard(target)
        raise


def _discard(target: Path) -> None:
    target.unlink(missing_ok=True)
