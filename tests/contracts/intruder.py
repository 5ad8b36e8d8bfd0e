"""Runs between walls in the place of a decoder that a medium has taken over, and tries the doors.

`main(PORT, CANARY, PARENT, DOOR...)` prints the names of the doors that opened, a line each, and
`tried`; without names it tries them all.
"""

import ctypes
import fcntl
import os
import resource
import socket
from collections.abc import Callable
from contextlib import suppress

NEW_USERS, TRACE_ME, F_SETOWN = 0x10000000, 0, 8


def main(port: str, canary: str, parent: str, *only: str) -> None:
    folder = os.fsencode(os.path.dirname(canary))
    doors: dict[str, Callable[[], object]] = {
        "reads a file": lambda: open(canary).read(),
        "reads the list of users": lambda: open("/etc/passwd").read(),
        "reads the service's environment": lambda: open(f"/proc/{parent}/environ", "rb").read(1),
        "reads the service's memory": lambda: open(f"/proc/{parent}/mem", "rb").close(),
        "lists a folder": lambda: os.listdir("/"),
        "writes a file": lambda: open(f"{canary}.new", "w").close(),
        "removes a file": lambda: os.unlink(canary),
        "connects": lambda: socket.create_connection(("127.0.0.1", int(port)), 5),
        "asks for names": lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM),
        "talks to the system's bus": lambda: socket.socket(socket.AF_UNIX),
        # their ends are awaited: told of one later, a process that is traced would stand still
        "starts a process": lambda: os.waitpid(os.fork() or os._exit(0), 0),
        "runs a program": lambda: os.waitpid(os.posix_spawn("/bin/true", ["true"], {}), 0),
        "becomes a program": lambda: os.execv("/bin/true", ["true"]),
        "kills the service": lambda: os.kill(int(parent), 0),
        "kills all it may": lambda: os.kill(-1, 0),
        "has the kernel send the service a signal": lambda: fcntl.fcntl(0, F_SETOWN, int(parent)),
        "traces": lambda: called("ptrace", TRACE_ME, 0, 0, 0),
        "leaves its group": lambda: os.setpgid(0, int(parent)),
        "makes users of its own": lambda: called("unshare", NEW_USERS),
        "mounts": lambda: called("mount", b"none", folder, b"tmpfs", 0, None),
        "makes a file of memory": lambda: os.memfd_create("x"),
        "cuts what it wrote": lambda: os.ftruncate(1, 0),
        "lifts its limits": lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 40, 1 << 40)),
        "outlives the service": lambda: called("prctl", 1, 0, 0, 0, 0),
    }
    for name in only or doors:
        with suppress(OSError, ValueError):
            doors[name]()
            print(name, flush=True)
    print("tried", flush=True)


def called(name: str, *arguments: object) -> None:
    library = ctypes.CDLL(None, use_errno=True)
    if getattr(library, name)(*arguments) < 0:
        raise OSError(ctypes.get_errno(), name)
