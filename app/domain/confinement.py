"""What a process that meets a stranger's bytes is given, and how much it may take."""

from asyncio.subprocess import PIPE
from dataclasses import dataclass

#: How it ends, as in a shell, when what it should run cannot be run.
CANNOT_RUN = 127


@dataclass(frozen=True, kw_only=True)
class Bounds:
    #: Of each file that it writes, in bytes.
    file_bytes: int
    #: Of work. It is ended by the kernel then; see `allowance` for what is judged meanwhile.
    cpu_seconds: int
    #: Of its address space.
    memory_bytes: int = 2 * 1024**3
    #: 0..19: how far it stands back behind others.
    niceness: int = 0


@dataclass(frozen=True, kw_only=True)
class Streams:
    """All that it can reach of this machine: descriptors that were opened for it."""

    #: Its standard input: a descriptor, or DEVNULL.
    source: int
    #: Its standard output: a descriptor, PIPE to read what it says, or DEVNULL.
    output: int = PIPE
    #: Kept open in it, under the same numbers.
    others: tuple[int, ...] = ()
