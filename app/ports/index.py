"""What makes moments findable."""

from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Protocol

from app.domain.index_state import IndexState
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

    @property
    def renewing(self) -> bool:
        """Whether what another model made still answers, by keyword, until all is filled in."""
        ...

    async def renewed(self) -> None:
        """All is filled in: from now on that answers."""
        ...

    async def upsert(self, moments: Sequence[Moment], vectors: Sequence[Vector | None]) -> None:
        """Add or replace by `moment_id`. A moment without vector is found by keyword only."""
        ...

    async def replace_asset(
        self, asset_id: str, moments: Sequence[Moment], vectors: Sequence[Vector | None]
    ) -> None:
        """Make these the only moments that are made from the asset."""
        ...

    async def delete_asset(self, asset_id: str) -> None: ...

    async def delete_assets(self, asset_ids: Sequence[str]) -> None:
        """At one go: each by itself would be a file and a version of its own."""
        ...

    async def vectors(self, asset_id: str) -> Mapping[str, Vector]:
        """By text, those that the asset's moments have: the same words need no new one.

        Only of the table that is written to, so of the model that writes.
        """
        ...

    async def assets(self) -> set[str]:
        """Ids of all assets that have a moment which was made from them."""
        ...

    async def search(self, query: SearchQuery, vector: Vector | None) -> Sequence[SearchHit]:
        """Best first, `query.limit` at most after `query.offset`. No vector: keyword only.

        Grouped, a hit is a medium: its best moment, and with it the next few.
        """
        ...

    async def count(self) -> int: ...


class RecordIndex(Protocol):
    """The same, for moments that are added by themselves."""

    @property
    def generation(self) -> str: ...

    @property
    def dimensions(self) -> int:
        """Numbers in the vector of a text."""
        ...

    @property
    def visual_dimensions(self) -> int:
        """Numbers in the vector of a picture."""
        ...

    async def upsert(self, moments: Sequence[Moment], vectors: Sequence[Vector | None]) -> None: ...

    async def remove(self, moment_ids: Sequence[str]) -> None: ...

    def records(self) -> AsyncIterator[Sequence[str]]:
        """Ids of all moments that were added by themselves, a thousand or fewer at a time."""
        ...

    async def lacking(self, moment_ids: Sequence[str]) -> Sequence[str]:
        """Those of which there is no row."""
        ...


class IndexKeeper(Protocol):
    """Keeps the index small and fast; searches go on beside it. Writes may have to wait."""

    async def state(self) -> IndexState: ...

    async def tidy(self) -> None:
        """Compact files, bring indexes up to date, drop old versions."""
        ...

    async def grown(self) -> bool:
        """Whether `build` would make searches faster."""
        ...

    async def build(self) -> None:
        """All indexes anew, of vectors where that pays; then tidy. Takes minutes of a million."""
        ...
