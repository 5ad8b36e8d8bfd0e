"""A real S3 for tests: moto in a process of its own, on this machine only."""

import importlib.util
import re
import socket
import subprocess
import sys
import urllib.error
import urllib.request
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from time import monotonic, sleep

from tests.stalling import StallingLine, to_port

STARTED_WITHIN = 60.0  # seconds


@dataclass(frozen=True, kw_only=True)
class Buckets:
    """Where the server listens, and what its clients must say."""

    endpoint: str

    @property
    def options(self) -> dict[str, str]:
        """It takes any key."""
        return {
            "aws_endpoint": self.endpoint,
            "aws_access_key_id": "tests",
            "aws_secret_access_key": "tests",
            "aws_region": "us-east-1",
            "allow_http": "true",
        }

    @contextmanager
    def stalling(self) -> Iterator[tuple[dict[str, str], StallingLine]]:
        """Options of the same server, by a line that may stall."""
        with StallingLine(to_port(int(self.endpoint.rpartition(":")[2]))) as line:
            yield self.options | {"aws_endpoint": f"http://127.0.0.1:{line.port}"}, line

    def made(self) -> str:
        """The URL of a prefix in a new bucket."""
        name = f"test-{uuid.uuid4().hex}"
        request = urllib.request.Request(f"{self.endpoint}/{name}", method="PUT")
        with urllib.request.urlopen(request, timeout=STARTED_WITHIN):
            return f"s3://{name}/spool"

    def unfinished(self, url: str) -> set[str]:
        """Keys of uploads in parts that were neither ended nor taken back; no listing has them."""
        name, _, prefix = url.removeprefix("s3://").partition("/")
        with urllib.request.urlopen(f"{self.endpoint}/{name}?uploads", timeout=30) as answer:
            keys = re.findall(r"<Key>(.*?)</Key>", answer.read().decode())
        return {key.removeprefix(f"{prefix}/") for key in keys}

    def answers(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.endpoint}/moto-api/", timeout=5):
                return True
        except urllib.error.HTTPError:
            return True
        except OSError:
            return False


def installed() -> bool:
    """Also what talks to it."""
    return all(importlib.util.find_spec(name) for name in ("moto", "flask", "obstore"))


@contextmanager
def running(log: Path) -> Iterator[Buckets]:
    port = _free_port()
    command = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]
    with log.open("wb") as words, subprocess.Popen(command, stdout=words, stderr=words) as server:
        try:
            yield _awaited(Buckets(endpoint=f"http://127.0.0.1:{port}"), server, log)
        finally:
            server.terminate()


def _free_port() -> int:
    with socket.socket() as door:
        door.bind(("127.0.0.1", 0))
        return int(door.getsockname()[1])


def _awaited(buckets: Buckets, server: "subprocess.Popen[bytes]", log: Path) -> Buckets:
    deadline = monotonic() + STARTED_WITHIN
    while not buckets.answers():
        if server.poll() is not None or monotonic() > deadline:
            raise RuntimeError(f"moto does not start: {log.read_text(errors='replace')[-2000:]}")
        sleep(0.05)
    return buckets
