"""CTranslate2's scratch is not cleared anew for each layer."""

import os
import platform
import subprocess
import sys

import pytest

pytestmark = pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="of glibc only")
#: A block of 100 MB is written to, freed, taken again, and written to; in a thread, too.
AGAIN = """
import ctypes, resource, threading
from app.adapters.engines.faster_whisper_memory import keep_scratch

libc = ctypes.CDLL(None)
libc.malloc.restype, libc.free.argtypes = ctypes.c_void_p, [ctypes.c_void_p]

def use():
    block = libc.malloc(100_000_000)
    ctypes.memset(block, 1, 100_000_000)
    libc.free(block)

def use_and_count():
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    use()
    print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)

keep_scratch()
use()
use_and_count()
thread = threading.Thread(target=use_and_count)
thread.start()
thread.join()
"""
PAGES = 100_000_000 // 4096


def cleared(told: dict[str, str]) -> list[int]:
    """Pages that were cleared the second time: by the thread that loads, by another one."""
    ours = ("MALLOC_", "GLIBC_TUNABLES")  # a pool in another test sets the second
    others = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
    command = [sys.executable, "-c", AGAIN]
    run = subprocess.run(
        command, check=True, capture_output=True, text=True, timeout=60, env=others | told
    )
    return [int(line) for line in run.stdout.split()]


def test_what_was_freed_is_there_still() -> None:
    """An hour of speech had 19 GB of pages cleared: a twentieth of all time."""
    assert max(cleared({})) < PAGES / 10


def test_the_environment_knows_better() -> None:
    assert min(cleared({"MALLOC_MMAP_THRESHOLD_": "1000000"})) >= PAGES / 512
