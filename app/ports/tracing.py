"""Following one piece of work through all that it takes."""

from contextlib import AbstractContextManager
from typing import Protocol


class Tracer(Protocol):
    def span(self, name: str, /, **attributes: str | int) -> AbstractContextManager[None]:
        """The block, as one span; spans within it, in this task and those that it starts, are its
        children. Never raises of itself."""
        ...
