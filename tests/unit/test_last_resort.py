"""However a stop hangs, the process ends."""

import subprocess
import sys

from app.bootstrap.house import GRACE as FOR_WINDOWS
from app.bootstrap.house import LAST_WORDS
from app.server.last_resort import STOPS_WITHIN
from app.server.process import GRACE as FOR_REQUESTS

HANGS = """
import threading
from app.server.last_resort import ends_within
ends_within(0.1)
threading.Thread(target=threading.Event().wait).start()
"""
ENDS = """
from app.server.last_resort import ends_within
ends_within(3600.0)
"""


def run(code: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)


def test_a_process_that_hangs_is_ended_and_says_so() -> None:
    """Python waits for its threads, whatever they wait for."""
    done = run(HANGS)
    assert done.returncode == 1 and "not closed within 0.1 s" in done.stderr


def test_a_process_that_ends_is_not_kept() -> None:
    assert run(ENDS).returncode == 0


def test_all_parts_of_a_stop_have_their_time() -> None:
    assert FOR_REQUESTS + FOR_WINDOWS + LAST_WORDS < STOPS_WITHIN
