"""Counting rows, for those who watch over the service."""

from typing import Protocol

from app.domain.census import Waiting, Webhooks
from app.domain.jobs import Priority, Stage


class Census(Protocol):
    """Queries along indexes: they may be asked every few seconds."""

    async def pending(self) -> dict[Priority, Waiting]:
        """Pending jobs, key-frames among them; priorities at which none waits, too."""
        ...

    async def running(self) -> dict[Stage, int]:
        """Jobs that run, at all instances, key-frames among them; stages without one, too."""
        ...

    async def webhooks(self) -> Webhooks: ...

    async def stranded(self, silent_for: float) -> dict[str, int]:
        """Pending jobs on files of instances' machines of which nothing was heard for so many
        seconds, by the instance's name."""
        ...

    async def answers(self) -> None:
        """Returns when the database does. Raises StorageError, Unavailable."""
        ...
