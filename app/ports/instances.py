"""What several instances of the service share beside their rows."""

import asyncio
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import Any, Protocol

from app.domain.instances import Told


class JobNews(Protocol):
    """What happens at one instance, told to the others. It may be lost: who listens looks, too."""

    def tell(self, kind: Told, subject: str = "") -> None:
        """Returns at once, and never raises."""
        ...

    async def listen(self, heard: Callable[[Told, str], None]) -> None:
        """For ever: what others tell. Whoever was cut off hears `Told.ALL` first: what was told
        meanwhile is lost."""
        ...

    async def aclose(self) -> None:
        """What is still to be told goes out."""
        ...


class Leadership(Protocol):
    """Some work is done by one instance for all."""

    def held(self) -> AbstractAsyncContextManager[asyncio.Event]:
        """Waits until this instance leads; the event is set when it does so no more."""
        ...


class SharedNotes(Protocol):
    """What all instances agree on, by name."""

    async def get(self, name: str) -> Any | None: ...

    async def keep(self, name: str, value: Any) -> Any:
        """The first value that was ever kept under the name, durable when this returns."""
        ...

    async def put(self, name: str, value: Any | None) -> None:
        """In place of what is there; None takes it away."""
        ...
