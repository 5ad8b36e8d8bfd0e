"""From a medium to raw sound: the first extractor that can."""

from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import TypeVar

from app.domain.errors import MediaUnreadable
from app.domain.media import Audio
from app.ports import Growth, MediaExtractor

T = TypeVar("T")


async def extract(
    extractors: Sequence[MediaExtractor], source: Path, target: Path, growth: Growth
) -> Audio:
    """All of it. Raises as `with_the_first` does."""
    return await with_the_first(
        extractors, source, target, lambda each: each.extract(source, target, growth)
    )


async def with_the_first(
    extractors: Sequence[MediaExtractor],
    source: Path,
    target: Path,
    attempt: Callable[[MediaExtractor], Awaitable[T]],
) -> T:
    """Attempt it with those that accept `source`, in order, until one understands it.

    Each writes a `target` of its own: whoever still has that of the one before open sees no other
    sound in it. Raises what the last of them raised. Nothing is left at `target` when this raises.
    """
    unread = MediaUnreadable("nothing here reads this kind of file")
    try:
        for extractor in extractors:
            if not extractor.accepts(source):
                continue
            try:
                return await attempt(extractor)
            except MediaUnreadable as error:
                unread = error
                _discard(target)
        raise unread
    except BaseException:
        _discard(target)
        raise


def _discard(target: Path) -> None:
    target.unlink(missing_ok=True)
