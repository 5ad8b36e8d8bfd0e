"""What a process may take, and when it ends: on every system, as far as it knows how."""

import os
import resource
import signal
import sys
from contextlib import suppress

from app.adapters.confined.kernel import PR_SET_PDEATHSIG, prctl

OPEN_FILES = 64
CANNOT_RUN = 127  # as the shell says it
#: CPU seconds from the signal that ends a process and tells why to the one that tells nothing.
PATIENCE = 5


class Limits:
    """As they are told to a child. No dataclass: its import takes longer than all the rest."""

    def __init__(
        self, parent: int, file_bytes: int, cpu_seconds: int, memory_bytes: int, niceness: int
    ) -> None:
        self.parent, self.niceness = parent, niceness
        self.file_bytes, self.memory_bytes = file_bytes, memory_bytes
        self.cpu_seconds = cpu_seconds

    @classmethod
    def read(cls, told: str) -> "Limits":
        return cls(*map(int, told.split(":")))

    def __str__(self) -> str:
        fields = (self.parent, self.file_bytes, self.cpu_seconds, self.memory_bytes, self.niceness)
        return ":".join(map(str, fields))

    def take(self) -> None:
        os.nice(self.niceness)
        # A stop that is sent to the whole group is the service's to handle. Blocked, for ffmpeg
        # handles these signals itself, and would end as if the file did.
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT, signal.SIGTERM, signal.SIGHUP})
        signal.signal(signal.SIGXFSZ, signal.SIG_DFL)  # Python does not heed it, nor its children
        _limit(resource.RLIMIT_CORE, 0)
        _limit(resource.RLIMIT_NOFILE, OPEN_FILES)
        _limit(resource.RLIMIT_AS, self.memory_bytes)
        _limit(resource.RLIMIT_FSIZE, self.file_bytes)
        _limit(resource.RLIMIT_CPU, self.cpu_seconds, patience=PATIENCE)

    def die_with_parent(self) -> None:
        """By SIGKILL of the kernel, however it dies (Linux only)."""
        if not sys.platform.startswith("linux"):
            return
        with suppress(OSError):
            prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != self.parent:  # it died before the kernel knew
            sys.exit(CANNOT_RUN)


def _limit(kind: int, value: int, patience: int = 0) -> None:
    """Lower a limit, as far as the system allows; a missing limit is no reason not to decode."""
    _, hard = resource.getrlimit(kind)
    most = value + patience
    if hard != resource.RLIM_INFINITY:
        value, most = min(value, hard), min(most, hard)
    with suppress(ValueError, OSError):
        resource.setrlimit(kind, (value, most))
