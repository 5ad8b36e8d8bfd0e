"""The passages of texts, for the pages about them."""

import asyncio
import threading
from datetime import UTC, datetime

from app.domain.assets import Asset
from app.domain.media_types import MediaType
from app.domain.writing.document import Document
from app.domain.writing.formats import TextFormat
from app.services.asset_pages import SHORT, Passages
from tests.unit.workbench import until

NOW = datetime(2026, 3, 1, tzinfo=UTC)
SLOW = "slow " * SHORT


class Reader:
    """Reads one text only when it may."""

    def __init__(self) -> None:
        self.free = threading.Event()
        self.read_of: list[int] = []

    def read(self, text: str, text_format: TextFormat) -> Document:
        self.read_of.append(len(text))
        if text == SLOW:
            assert self.free.wait(60)
        return Document(headings=(), passages=())


def a_text(name: str, text: str) -> Asset:
    return Asset(
        asset_id=name,
        media_type=MediaType.TEXT,
        job_id=name,
        title=name,
        text=text,
        created_at=NOW,
        updated_at=NOW,
    )


async def test_no_page_waits_behind_a_long_text_but_that_of_another_long_text() -> None:
    reader, long = Reader(), a_text("long", "long " * SHORT)
    passages, slow = Passages(reader), a_text("slow", SLOW)
    await passages.of(long)
    waiting = [asyncio.create_task(passages.of(slow)) for _ in range(2)]
    try:
        await until(lambda: len(reader.read_of) == 2)
        async with asyncio.timeout(30):
            await passages.of(a_text("short", "short"))
            await passages.of(long)
    finally:
        reader.free.set()
    await asyncio.gather(*waiting)
    assert reader.read_of == [len(long.text), len(SLOW), len("short")]
