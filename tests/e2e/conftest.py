"""A real server process with real models, driven over HTTP as a client would."""

import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest

from tests.media import ROOT

READY_WITHIN = 240.0  # seconds; the first start on a machine fetches weights
JOB_WITHIN = 240.0
FIGURES = pytest.StashKey[list[str]]()


class Server:
    """`python -m app serve` on a free port. `stop` and `start` keep the data folder."""

    def __init__(self, folder: Path, model_folder: Path, **settings: str) -> None:
        self.data, self._log = folder / "data", folder / "server.log"
        self.command: tuple[str, ...] = (sys.executable, "-m", "app", "serve")
        self.home = ROOT
        self.port = _free_port()
        self.environment = os.environ | {
            "APP__STORAGE__DATA_DIR": str(self.data),
            "APP__STORAGE__MODELS_DIR": str(model_folder),
            "APP__SERVER__PORT": str(self.port),
            "APP__MODELS__HUB": "false",
            "APP__LOGGING__LEVEL": "DEBUG",
            **settings,
        }
        self.http = httpx2.Client(base_url=f"http://127.0.0.1:{self.port}", timeout=120.0)
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                self.command,
                cwd=self.home,
                env=self.environment,
                stdout=log,
                stderr=log,
                stdin=subprocess.DEVNULL,
            )
        self.until(lambda: True)

    def until_ready(self) -> None:
        """Until engine, embeddings and index are loaded."""
        self.until(lambda: all(state == "ready" for state in self.health()["ready"].values()))

    def stop(self, number: int = signal.SIGTERM) -> int:
        """Send the signal; returns the exit status."""
        assert self._process is not None
        self._process.send_signal(number)
        return self._process.wait(60)

    def log(self) -> str:
        return self._log.read_text(errors="replace")

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    def worker_pids(self) -> list[int]:
        """Of the transcribing workers, oldest first."""
        return [int(pid) for pid in re.findall(r"worker-\d+ started as process (\d+)", self.log())]

    def health(self) -> dict[str, Any]:
        answer: dict[str, Any] = self.http.get("/health").json()
        return answer

    def ingest(self, media: Path, **options: str) -> str:
        with media.open("rb") as file:
            answer = self.http.post(
                "/api/v1/ingest", files={"file": (media.name, file)}, data=options
            )
        assert answer.status_code == 202, answer.text
        return str(answer.json()["job_id"])

    def job(self, job_id: str, wait: float = 0.0) -> dict[str, Any]:
        answer = self.http.get(f"/api/v1/jobs/{job_id}", params={"wait": wait})
        assert answer.status_code == 200, answer.text
        job: dict[str, Any] = answer.json()
        return job

    def ended(self, job_id: str) -> dict[str, Any]:
        """The job once it has ended, however it did."""
        for _ in range(int(JOB_WITHIN // 60)):
            job = self.job(job_id, wait=60.0)
            if job["finished_at"]:
                return job
        raise AssertionError(f"still not ended: {job}\n{self.log()[-4000:]}")

    def completed(self, job_id: str) -> dict[str, Any]:
        """The result of a job that must complete."""
        job = self.ended(job_id)
        assert job["status"] == "Completed", job
        result: dict[str, Any] = self.http.get(f"/api/v1/jobs/{job_id}/result").json()
        return result

    def search(self, text: str, **parameters: str) -> list[dict[str, Any]]:
        answer = self.http.get("/api/v1/search", params={"q": text, **parameters})
        assert answer.status_code == 200, answer.text
        hits: list[dict[str, Any]] = answer.json()["hits"]
        return hits

    def until(self, condition: Callable[[], bool]) -> None:
        """Ask /health until it answers and the condition holds; a dead process ends it at once."""
        transport = httpx2.HTTPTransport(retries=0)
        with httpx2.Client(transport=transport, timeout=5.0) as probe:
            for _ in range(int(READY_WITHIN / 0.25)):
                assert self._process is not None
                try:
                    probe.get(f"http://127.0.0.1:{self.port}/health").raise_for_status()
                    if condition():
                        return
                except httpx2.TransportError:
                    pass
                try:
                    status = self._process.wait(0.25)
                except subprocess.TimeoutExpired:
                    continue
                raise AssertionError(f"the server ended with {status}:\n{self.log()}")
        raise AssertionError(f"not ready:\n{self.log()[-4000:]}")

    def close(self) -> None:
        self.http.close()
        if self._process is not None and self._process.poll() is None:
            self._process.kill()
            self._process.wait()


def _free_port() -> int:
    with socket.socket() as door:
        door.bind(("127.0.0.1", 0))
        return int(door.getsockname()[1])


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory, model_folder: Path) -> Iterator[Server]:
    """One service for all tests that only use it, with the default model, ready."""
    made = Server(tmp_path_factory.mktemp("service"), model_folder)
    made.start()
    made.until_ready()
    yield made
    made.close()


@pytest.fixture
def own_server(tmp_path: Path, model_folder: Path) -> Iterator[Callable[..., Server]]:
    """`own_server(**environment)`: one of its own for a test that harms it."""
    made: list[Server] = []

    def make(**settings: str) -> Server:
        made.append(Server(tmp_path, model_folder, **settings))
        return made[-1]

    yield make
    for each in made:
        each.close()


@pytest.fixture
def figure(pytestconfig: pytest.Config) -> Callable[[str], None]:
    """`figure(text)`: a measured figure, printed when the run ends."""
    return pytestconfig.stash.setdefault(FIGURES, []).append


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    for text in config.stash.get(FIGURES, []):
        terminalreporter.write_line(f"measured: {text}")
