"""Clocks of another process that are wrong, by libfaketime (Debian package faketime)."""

from pathlib import Path

import pytest

LIBRARY = Path("/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1")


def shifted(by: str) -> dict[str, str]:
    """The environment of a process whose clocks are off, such as by "+30d". Skips without it."""
    if not LIBRARY.exists():
        pytest.skip("no libfaketime here (Debian package faketime)")
    return {"LD_PRELOAD": str(LIBRARY), "FAKETIME": by, "FAKETIME_DONT_FAKE_MONOTONIC": "1"}
