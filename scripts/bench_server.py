"""The real service in a process of its own, and what it costs there."""

import json
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Any

import psutil

from app.config import ALIASES
from scripts.bench_report import ROOT

START_LIMIT = 60.0  # seconds until /health answers
READY_LIMIT = 300.0  # seconds: the first run fetches model weights
STOP_LIMIT = 30.0  # seconds
JSON_LINES = {"Content-Type": "application/x-ndjson"}
LOOK = 0.005  # seconds between two knocks at a port that is not open yet


@dataclass(frozen=True, kw_only=True)
class Server:
    process: subprocess.Popen[bytes]
    port: int
    data: Path
    #: `time.monotonic()` just before the process was started.
    born: float

    def connect(self, timeout: float = 330.0) -> HTTPConnection:
        return HTTPConnection("127.0.0.1", self.port, timeout=timeout)

    def ask(self, path: str, body: bytes | None = None, **headers: str) -> dict[str, Any]:
        """The JSON answer. Raises OSError when it is no success."""
        connection = self.connect()
        try:
            connection.request("POST" if body else "GET", path, body, headers)
            answer = connection.getresponse()
            text = answer.read()
        finally:
            connection.close()
        if answer.status >= 300:
            raise OSError(f"{path} answered {answer.status}: {text.decode(errors='replace')}")
        found: dict[str, Any] = json.loads(text)
        return found

    def await_health(self) -> float:
        """Seconds from the start of the process to the first answer of /health."""
        while time.monotonic() < self.born + START_LIMIT:
            if self.process.poll() is not None:
                raise OSError(f"the service ended with exit code {self.process.returncode}")
            try:
                self.ask("/health")
                return time.monotonic() - self.born
            except (ConnectionError, HTTPException):
                time.sleep(LOOK)
        raise OSError(f"/health did not answer within {START_LIMIT:g} s")

    def await_ready(self) -> float:
        """Seconds from the start of the process until all that loads behind it is there."""
        self.await_health()
        while time.monotonic() < self.born + READY_LIMIT:
            states = self.ask("/health")["ready"]
            if all(state == "ready" for state in states.values()):
                return time.monotonic() - self.born
            if failed := [state for state in states.values() if state.startswith("failed")]:
                raise OSError(f"the service does not become ready: {failed}")
            time.sleep(0.05)
        raise OSError(f"the service was not ready within {READY_LIMIT:g} s")

    def await_end(self, job_id: str) -> dict[str, Any]:
        while True:
            job = self.ask(f"/api/v1/jobs/{job_id}?wait=300")
            if job["status"] in ("Completed", "Failed", "Cancelled"):
                return job

    def build_index(self) -> dict[str, Any]:
        """Anew; what is told of it once that is done."""
        state = self.ask("/build-index?wait=300", b" ")
        while state["state"] == "building":
            time.sleep(LOOK)
            state = self.ask("/build-index")
        if state["state"] != "ready":
            raise OSError(f"the index was not built: {state['error']}")
        return state

    def bulk_add(self, lines: bytes, number: int) -> None:
        """So many moments, as JSON Lines. Raises OSError when not all are taken."""
        told = self.ask("/bulk-add", lines, **JSON_LINES)
        if told["added"] != number:
            raise OSError(f"/bulk-add took {told['added']} of {number} rows")


@contextmanager
def serving(**settings: str) -> Iterator[Server]:
    """`settings` as the environment names them. The data folder goes with the server."""
    with tempfile.TemporaryDirectory(prefix="spool-bench-") as folder:
        server = _start(Path(folder), settings)
        try:
            yield server
        except BaseException:
            print(_end_of(server.data / "log.txt"), file=sys.stderr)
            raise
        finally:
            _stop(server.process)


def _start(data: Path, settings: dict[str, str]) -> Server:
    """As it comes: neither a config.toml nor the caller's environment changes what is measured."""
    port = _free_port()
    (data / "empty.toml").touch()
    environment = {
        name: value
        for name, value in os.environ.items()
        if name not in ALIASES and not name.upper().startswith("APP__")
    }
    environment |= {
        "SPOOL_CONFIG": str(data / "empty.toml"),
        "APP__SERVER__PORT": str(port),
        "APP__STORAGE__DATA_DIR": str(data),
        "APP__STORAGE__MODELS_DIR": str(models_folder()),
        **settings,
    }
    with (data / "log.txt").open("wb") as log:
        born = time.monotonic()
        process = subprocess.Popen(
            [sys.executable, "-m", "app", "serve"], cwd=ROOT, env=environment, stderr=log
        )
    return Server(process=process, port=port, data=data, born=born)


def models_folder() -> Path:
    return Path(os.environ.get("SPOOL_TEST_MODELS") or ROOT / ".cache" / "models")


def resident(pid: int) -> int:
    """Bytes of memory that the process holds now."""
    return int(psutil.Process(pid).memory_info().rss)


def own(pid: int) -> int:
    """Bytes of memory that are its own: without the pages of libraries, which can be dropped."""
    return _told(pid, "RssAnon:")


def peak(pid: int) -> int:
    """The most bytes it held since it began, or since `forget_peak` (Linux)."""
    return _told(pid, "VmHWM:")


def _told(pid: int, name: str) -> int:
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith(name):
            return int(line.split()[1]) * 1024
    return 0  # it is ending, and holds nothing any more


def forget_peak(pid: int) -> None:
    """The peak counts from here (Linux: `man 5 proc`, clear_refs)."""
    Path(f"/proc/{pid}/clear_refs").write_text("5")


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(STOP_LIMIT)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _free_port() -> int:
    with socket.socket() as door:
        door.bind(("127.0.0.1", 0))
        return int(door.getsockname()[1])


def _end_of(log: Path) -> str:
    lines = log.read_text(encoding="utf-8", errors="replace").splitlines()
    return "\n".join(lines[-20:])
