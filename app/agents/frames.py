"""Key-frames of a video near a second of it."""

from collections.abc import Sequence

from app.client import AsyncSpool
from app.client.assets import Asset

PAGE = 200
#: So many pages are looked through; films of some hours have more.
MOST_PAGES = 10
MOST = 8
CUT_SHORT = "the video has very many key-frames, and not all of them were looked at"


async def frames_near(
    spool: AsyncSpool, video: str, first: float, last: float
) -> tuple[Sequence[Asset], str | None]:
    """In the order of time, thinned out to a few; and what is to be said of them."""
    found: list[Asset] = []
    cursor: str | None = None
    for _ in range(MOST_PAGES):
        page = await spool.assets(parent_id=video, limit=PAGE, cursor=cursor)
        found += [each for each in page.assets if each.at is not None and first <= each.at <= last]
        if (cursor := page.cursor) is None:
            break
    inside = sorted(found, key=lambda frame: frame.at or 0.0)
    step = -(-len(inside) // MOST) or 1
    return inside[::step], CUT_SHORT if cursor else None
