"""What makes moments findable."""

from collections.abc import Sequence
from typing import Protocol

from app.domain.search import Moment, SearchHit, SearchQuery
from app.ports.types import Vector


class VectorIndex(Protocol):
    """Moments with vectors and full text. Always to be rebuilt from the database."""

    @property
    def ready(self) -> bool:
        """False until the library and the table are loaded; `search` then says why it cannot."""
        ...

    @property
    def generation(self) -> str:
        """Names the table since it was begun: another one means that it began empty.

        Raises Unavailable while the index is not ready.
        """
        ...

    async def upsert(self, moments: Sequence[Moment], vectors: Sequence[Vector | None]) -> None:
        """Add or replace by `moment_id`. A moment without vector is found by keyword only."""
        ...

    async def replace_asset(
        self, asset_id: str, moments: Sequence[Moment], vectors: Sequence[Vector | None]
    ) -> None:
        """Make these the only moments of the asset."""
        ...

    async def delete_asset(self, asset_id: str) -> None: ...

    async def assets(self) -> set[str]:
        """Ids of all assets that have a moment."""
        ...

    async def search(self, query: SearchQuery, vector: Vector | None) -> Sequence[SearchHit]:
        """Best first, `query.limit` at most after `query.offset`. No vector: keyword only."""
        ...

    async def count(self) -> int: ...
