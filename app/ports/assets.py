"""What is known of assets, from which the index is made."""

from collections.abc import Sequence
from typing import Protocol

from app.domain.assets import Asset, AssetChanges, AssetPage, Picture, Still
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

    async def of_jobs(self, job_ids: Sequence[str]) -> set[str]:
        """Ids of all assets that `of_job` would give for these."""
        ...

    async def titles(self, job_ids: Sequence[str]) -> dict[str, str]:
        """Of the assets that `of_job` would give for these, by job."""
        ...

    async def list(
        self,
        *,
        media_type: MediaType | None = None,
        parent_id: str | None = None,
        limit: int = 50,
        cursor: str | None = None,
    ) -> AssetPage:
        """Newest first; key-frames only when asked for by type or parent. In brief: texts are
        left out, and vectors of pictures.

        Raises InvalidRequest on a cursor that this store did not make.
        """
        ...

    async def stills(self, video_id: str) -> Sequence[Still]:
        """Key-frames of the video, in the order of time."""
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

    async def unindexed(
        self, generation: str, limit: int, *, parent_id: str | None = None
    ) -> Sequence[str]:
        """Assets whose revision is not marked with this generation; those without any mark first,
        and of these the newest. All, or the key-frames of one video.

        But for what a job is under way with, which indexes it itself.
        """
        ...

    async def behind(self, generation: str) -> int:
        """How many `unindexed` could give."""
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

    async def unmark(self, *asset_ids: str) -> None:
        """The index may lack moments of these assets."""
        ...
