"""What holds of worker processes alone, not of workers of a cluster."""

import ctypes
import re
import sys
from pathlib import Path

import pytest

from app.adapters.process_pool import ProcessPool

LARGE_PAGES = Path("/sys/kernel/mm/transparent_hugepage/enabled")
BLOCK = 20_000_000  # bytes


def asks_for_large_pages() -> bool:
    """Whether the memory in which a block lies does."""
    libc = ctypes.CDLL(None)
    libc.malloc.restype = ctypes.c_void_p
    block = libc.malloc(BLOCK)
    areas = re.split(r"^(?=[0-9a-f]+-)", Path("/proc/self/smaps").read_text(), flags=re.M)[1:]
    [found] = [area for area in areas if _holds(area, block + BLOCK // 2)]
    [flags] = re.findall(r"^VmFlags:(.*)$", found, flags=re.M)
    return "hg" in flags.split()


def given_on_request() -> bool:
    return LARGE_PAGES.exists() and "[madvise]" in LARGE_PAGES.read_text()


def _holds(area: str, address: int) -> bool:
    begin, end = (int(each, 16) for each in area.split(maxsplit=1)[0].split("-"))
    return begin <= address < end


@pytest.mark.skipif(sys.platform != "linux", reason="of Linux only")
async def test_workers_ask_for_large_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the system gives them to who asks: else it gives them to all, or to none."""
    monkeypatch.delenv("GLIBC_TUNABLES", raising=False)
    pool = ProcessPool(1)
    try:
        assert await pool.run(asks_for_large_pages) is given_on_request()
    finally:
        await pool.aclose()
