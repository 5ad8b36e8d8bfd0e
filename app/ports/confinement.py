"""Where strangers' bytes are decoded."""

from asyncio.subprocess import Process
from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from typing import Protocol

from app.domain.confinement import Bounds, Streams


class Confinement(Protocol):
    """Starts processes that reach nothing but what they are handed: no file, no network, no other
    process, no environment; what of it this machine cannot do is told once.

    A process has its own group and dies with the service. Its stderr is a pipe. Leaving the block
    kills the whole group, and waits until it is gone. It ends with status 127, and a line
    `[fatal] ...` on stderr, when what it should run cannot be run.

    Raises Exhausted where the machine has no process to give, StorageError.
    """

    def program(
        self, command: Sequence[str], streams: Streams, bounds: Bounds
    ) -> AbstractAsyncContextManager[Process]:
        """`command`: path of an executable, and its arguments."""
        ...

    def module(
        self, name: str, arguments: Sequence[str], streams: Streams, bounds: Bounds
    ) -> AbstractAsyncContextManager[Process]:
        """Imports a module of ours, with all that it imports, and only then closes the doors and
        calls its `main(*arguments)`."""
        ...

    def spent(self, process: Process) -> float:
        """CPU seconds of it so far; 0 where the system does not tell."""
        ...
