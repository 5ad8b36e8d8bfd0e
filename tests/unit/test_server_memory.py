"""The process that serves keeps little memory that it does not use."""

import os
import platform
import subprocess
import sys
from pathlib import Path

import pytest

from app.server.memory import ARENAS

pytestmark = pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="of glibc only")
#: Each of its threads takes some memory, all at once; then glibc tells of its parts.
THREADS = """
import ctypes, sys, threading
from app.server.memory import keep_little

libc = ctypes.CDLL(None)
libc.malloc.restype = libc.fopen.restype = ctypes.c_void_p
together = threading.Barrier(20)

def take():
    libc.malloc(1000)
    together.wait()

keep_little()
threads = [threading.Thread(target=take) for _ in range(together.parties)]
for each in threads: each.start()
for each in threads: each.join()
file = ctypes.c_void_p(libc.fopen(sys.argv[1].encode(), b"w"))
libc.malloc_info(0, file)
libc.fclose(file)
"""
HELD = """
import ctypes, os, time
from app.server import memory

libc = ctypes.CDLL(None)
libc.malloc.restype, libc.free.argtypes = ctypes.c_void_p, [ctypes.c_void_p]

def held():
    with open("/proc/self/statm") as told:
        return int(told.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")

def taken(size):
    block = libc.malloc(size)
    ctypes.memset(block, 1, size)
    return block
"""
#: Of fifty small blocks one is kept: nothing is free at the end.
FREED = f"""{HELD}
memory.EVERY = 0.1
blocks = [taken(4096) for _ in range(20_000)]
for number, block in enumerate(blocks):
    if number % 50: libc.free(block)
most = held()
with memory.given_back():
    while held() > most - 60_000_000: time.sleep(0.1)
"""
#: The second time, and with something behind it.
LARGE = f"""{HELD}
memory.keep_little()
libc.free(taken(12_000_000))
least, block, last = held(), taken(12_000_000), taken(1000)
libc.free(block)
assert held() < least + 6_000_000
"""


@pytest.mark.parametrize(("told", "expected"), [({}, ARENAS), ({"MALLOC_ARENA_MAX": "5"}, 5)])
def test_threads_share_them(tmp_path: Path, told: dict[str, str], expected: int) -> None:
    found = tmp_path / "found.xml"
    environment = {
        name: value for name, value in os.environ.items() if name != "MALLOC_ARENA_MAX"
    } | told
    subprocess.run([sys.executable, "-c", THREADS, str(found)], check=True, env=environment)
    assert found.read_text().count("<heap nr=") == expected


def test_what_is_free_is_given_back() -> None:
    """Tidying the index left 70 MB that nobody used."""
    subprocess.run([sys.executable, "-c", FREED], check=True, timeout=60)


def test_what_is_large_is_given_back_at_once() -> None:
    """In its first quarter of an hour the service grew by 12 MiB, at once and for ever."""
    subprocess.run([sys.executable, "-c", LARGE], check=True, timeout=60)
