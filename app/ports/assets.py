"""What is known of assets, from which the index is made."""

from collections.abc import Sequence
from typing import Protocol

from app.domain.assets import Asset, AssetChanges, AssetPage, Picture
from app.domain.jobs import Job
from app.domain.media_types import MediaType
from app.domain.pictures import Sight


class AssetStore(Protocol):
    """The only truth about assets. Each change raises the revision and takes the mark away."""

    async def settle(self, job: Job, asset: Asset) -> Asset:
        """What the job found, in place of what an earlier job found for the asset.

        Fenced like the verbs of the job store: raises Conflict when the claim is lost. Durable
        when this returns; the answer has its revision.
        """
        ...

    async def get(self, asset_id: str) -> Asset | None: ...

    async def of_job(self, job_id: str) -> Asset | None:
        """None also when a later job took the same asset in again."""
        ...

    async def list(
        self,
        *,
        media_type: MediaType | None = None,
        parent_id: str | None = None,
        limit: int = 50,
        cursor: str | None = None,
    ) -> AssetPage:
        """Newest first; key-frames only when asked for by type or parent.

        Raises InvalidRequest on a cursor that this store did not make.
        """
        ...

    async def edit(
        self, asset_id: str, changes: AssetChanges, *, revision: int | None = None
    ) -> Asset | None:
        """All of `changes` or nothing; None when there is no such asset, or when `revision` is
        given and it is another one by now. Durable when this returns.

        Raises InvalidRequest where segments are corrected that are not there.
        """
        ...

    async def unseen(self, model: str, limit: int, *, after: str | None = None) -> Sequence[Asset]:
        """Pictures at which no model looked, or another one, by id; those behind `after`."""
        ...

    async def note_picture(self, asset: Asset, picture: Picture) -> Asset | None:
        """What was found in the picture; None, and nothing is noted, when it was changed meanwhile.

        Durable when this returns; the answer has its revision.
        """
        ...

    async def note_sight(self, asset: Asset, sight: Sight) -> bool:
        """What the picture looks like; False, and nothing is noted, when it was changed meanwhile.

        Durable when this returns.
        """
        ...

    async def ids(self) -> set[str]: ...

    async def unindexed(self, generation: str, limit: int) -> Sequence[str]:
        """Assets whose revision is not marked with this generation, newest first."""
        ...

    async def behind(self, generation: str) -> int:
        """How many assets are not marked with this generation."""
        ...

    async def count(self) -> dict[MediaType, int]:
        """By kind; zeros too."""
        ...

    async def mark_indexed(self, asset: Asset, generation: str) -> bool:
        """Note that all its moments, with vectors, are in this generation of the index.

        When it was changed meanwhile, an older revision is what was written: then the newer one
        loses its mark. False, too, when it is gone.
        """
        ...

    async def unmark(self, asset_id: str) -> None:
        """The index may lack moments of the asset."""
        ...
