"""The ends of a cluster that cannot be started say why, in words, and not by a trace."""

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.equipment import wanted
from tests.media import ROOT

wanted("distributed")
LOOPBACK = "127.0.0.1"
#: Kept for documents: no machine has it.
NOWHERE = "203.0.113.7"


@pytest.fixture
def taken() -> Iterator[str]:
    """A port at which somebody listens."""
    with socket.socket() as other:
        other.bind((LOOPBACK, 0))
        other.listen()
        yield str(other.getsockname()[1])


def refused(folder: Path, *words: str) -> str:
    """What `spool cluster WORD…` says as it ends."""
    (folder / "empty.toml").touch()
    done = subprocess.run(
        [sys.executable, "-m", "app", "cluster", *words],
        cwd=ROOT,
        env=os.environ | {"SPOOL_CONFIG": str(folder / "empty.toml"), "TMPDIR": str(folder)},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 1 and "Traceback" not in done.stderr, done.stderr
    return done.stderr


def test_a_scheduler_says_that_its_port_is_taken(tmp_path: Path, taken: str) -> None:
    said = refused(tmp_path, "scheduler", "--port", taken)
    assert f"the scheduler cannot listen on {LOOPBACK}:{taken}" in said and "in use" in said


def test_a_scheduler_says_that_no_certificate_was_told(tmp_path: Path) -> None:
    said = refused(tmp_path, "scheduler", "--tls")
    assert "the scheduler cannot listen on" in said and "TLS" in said


@pytest.mark.parametrize(
    ("address", "host", "why"),
    [
        (f"tls://{LOOPBACK}:9", LOOPBACK, "TLS"),
        (f"http://{LOOPBACK}:9", LOOPBACK, "http"),
        (f"tcp://{LOOPBACK}:9", NOWHERE, "assign"),
    ],
)
def test_a_worker_says_what_is_wrong_with_its_addresses(
    tmp_path: Path, address: str, host: str, why: str
) -> None:
    said = refused(tmp_path, "worker", "--scheduler", address, "--host", host)
    assert f"no worker can be started at {host} for {address}: " in said
    assert why in said.partition(f"{address}: ")[2]
    assert list(tmp_path.glob("spool-worker-*")) == []
