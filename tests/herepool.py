"""A worker pool that has no workers."""

from collections.abc import Callable
from typing import Any, TypeVar

T = TypeVar("T")


class HerePool:
    """Runs its tasks on the spot."""

    slots = 1

    async def run(self, function: Callable[..., T], /, *args: Any, **kwargs: Any) -> T:
        return function(*args, **kwargs)

    async def run_within(
        self, seconds: float, function: Callable[..., T], /, *args: Any, **kwargs: Any
    ) -> T:
        return function(*args, **kwargs)

    def busy(self) -> int:
        return 0

    def refresh(self) -> None: ...

    async def aclose(self) -> None: ...
