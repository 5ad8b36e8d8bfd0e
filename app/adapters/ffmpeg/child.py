"""Run as a script: takes limits upon itself, then becomes ffmpeg.

Usage: child.py PARENT_PID FILE_BYTES CPU_SECONDS NICENESS FFMPEG ARGUMENT...

A `preexec_fn` would run Python between fork and exec of a process with threads: it can deadlock.
"""

import ctypes
import os
import resource
import signal
import sys

PR_SET_PDEATHSIG = 1  # linux/prctl.h
MEMORY_BYTES = 2 * 1024**3
OPEN_FILES = 64
CANNOT_RUN = 127  # as the shell says it


def die_with(parent: int) -> None:
    """Ask the kernel for SIGKILL when the service dies, however it dies (Linux only)."""
    if not sys.platform.startswith("linux"):
        return
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:  # it died before the kernel knew
        sys.exit(CANNOT_RUN)


def limit(kind: int, value: int) -> None:
    """Lower a limit, as far as the system allows; a missing limit is no reason not to decode."""
    _, hard = resource.getrlimit(kind)
    value = value if hard == resource.RLIM_INFINITY else min(value, hard)
    try:
        resource.setrlimit(kind, (value, value))
    except (ValueError, OSError):
        pass


def main(parent: str, file_bytes: str, cpu_seconds: str, niceness: str, *command: str) -> None:
    die_with(int(parent))
    os.nice(int(niceness))
    # A stop that is sent to the whole group is the service's to handle. Blocked, for ffmpeg
    # handles these signals itself, and would end as if the file did.
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT, signal.SIGTERM, signal.SIGHUP})
    limit(resource.RLIMIT_CORE, 0)
    limit(resource.RLIMIT_NOFILE, OPEN_FILES)
    limit(resource.RLIMIT_AS, MEMORY_BYTES)
    limit(resource.RLIMIT_FSIZE, int(file_bytes))
    limit(resource.RLIMIT_CPU, int(cpu_seconds))
    try:
        os.execvp(command[0], command)
    except OSError as error:
        sys.stderr.write(f"[fatal] {command[0]}: {error.strerror}\n")
        sys.exit(CANNOT_RUN)


if __name__ == "__main__":
    main(*sys.argv[1:])
