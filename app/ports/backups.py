"""The database as one file: copied out while it is used, and put back."""

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from app.domain.backups import Medium
from app.domain.uploads import ResumableUpload


class Snapshots(Protocol):
    async def take(self, file: Path) -> str:
        """All rows of one moment into a new SQLite file; the revision of its schema. The service
        may go on meanwhile.

        Raises ConfigError where there is no database yet, or one of another schema than ours.
        """
        ...

    async def known(self, job_ids: Sequence[str]) -> set[str]:
        """Those of `job_ids` that have a row now, in the database itself."""
        ...

    async def damage(self, file: Path) -> list[str]:
        """What is wrong with a file that was taken; it is only read."""
        ...

    async def check_free(self) -> None:
        """Raises ConfigError where the database has rows already."""
        ...

    async def put_back(self, file: Path) -> None:
        """All rows of such a file into the database: all or none. An older schema is renewed on
        the way; the file stays as it is.

        Raises ConfigError where the database has rows already.
        """
        ...


class BackupRows(Protocol):
    """The rows in such a file."""

    async def count(self) -> int:
        """Jobs."""
        ...

    async def known(self, ids: Sequence[str]) -> set[str]:
        """Those that are a job's, or an upload's that may have the name of its job's file."""
        ...

    async def growing(self) -> Sequence[ResumableUpload]:
        """Those that are no job yet."""
        ...

    async def media(self, after: str, limit: int) -> Sequence[Medium]:
        """What was sent for jobs, by job id, of those behind `after`."""
        ...

    async def forget(self, job_id: str) -> bool:
        """With all that hangs on it; not one that runs."""
        ...
