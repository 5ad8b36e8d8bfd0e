"""What is told at a scrape, of parts that stand in for the real ones."""

from collections.abc import Iterable
from types import SimpleNamespace
from typing import Any, cast

from app.domain import metrics
from app.domain.errors import StorageError
from app.domain.metrics import Reading
from app.services.duties import Leading
from app.services.gauges import Gauges


class Page:
    """Keeps what it is given."""

    media_type = "text/plain"

    def __init__(self) -> None:
        self.readings: list[Reading] = []

    def text(self, gauges: Iterable[Reading]) -> bytes:
        self.readings = list(gauges)
        return b""


class Shrunk:
    """A pool with more tasks under way than places."""

    slots = 1

    def busy(self) -> int:
        return 3


def gauges(page: Page) -> Gauges:
    """Without a database."""

    async def broken() -> None:
        raise StorageError("the database is gone")

    disk = SimpleNamespace(denies=lambda: False, is_low=lambda: False, free=lambda: 0)
    return Gauges(
        page=page,
        census=cast(Any, None),
        figures=cast(Any, SimpleNamespace(counts=broken)),
        disk=cast(Any, disk),
        pools={"worker": cast(Any, Shrunk())},
        info={"version": "1", "database": "sqlite"},
        others=lambda: 0,
        leading=Leading(),
    )


async def test_a_cluster_that_shrank_has_no_place_free_and_never_less_than_none() -> None:
    page = Page()
    await gauges(page).text()
    told = {
        each.labels["state"]: each.value for each in page.readings if each.metric == metrics.SLOTS
    }
    assert told == {"free": 0, "busy": 3}
