"""A service that may be killed, stopped and started again, on one data folder and one port."""

import os
import random
import signal
import socket
import subprocess
import sys
import uuid
from pathlib import Path
from typing import Any

import httpx2

from app.domain.crashpoints import VARIABLE
from tests.faults import processes
from tests.faults.polling import NeverCame, until
from tests.media import ROOT

UP_WITHIN = 60.0  # seconds until /health answers
STOP_WITHIN = 40.0  # seconds after SIGTERM: 20 are for windows under way
GONE_WITHIN = 10.0  # seconds for the children of a dead service
KINDS = ("jobs", "frames")  # as /health counts them
BELOW_EPHEMERAL = range(20000, 30000)  # ports that no outgoing connection takes meanwhile
MiB = 1024 * 1024


class Died(AssertionError):
    """The service ended when it should not have."""


class Spool:
    """`folder` holds all that is not the service's: its log, the engine's notes."""

    #: What is started.
    module = "tests.faults.service"

    def __init__(
        self, folder: Path, models: Path, *, data: Path | None = None, **settings: str
    ) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder, self.data = folder, data or folder / "data"
        self.notes, self._log = folder / "notes", folder / "log.txt"
        self.notes.mkdir(exist_ok=True)
        (folder / "empty.toml").touch()
        self.run, self.port = str(uuid.uuid4()), _free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.settings = self._defaults(models) | settings
        self.http = httpx2.Client(base_url=self.url, timeout=60.0)
        self.process: subprocess.Popen[bytes] | None = None
        self.starts = 0

    def _defaults(self, models: Path) -> dict[str, str]:
        """Nothing of the caller's own settings, and water marks that a busy disk cannot reach."""
        return {
            "SPOOL_CONFIG": str(self.folder / "empty.toml"),
            "SPOOL_FAULTS": str(self.notes),
            processes.MARK: self.run,
            "APP__SERVER__PORT": str(self.port),
            "APP__STORAGE__DATA_DIR": str(self.data),
            "APP__STORAGE__MODELS_DIR": str(models),
            "APP__STORAGE__LOW_WATER": "0",
            "APP__STORAGE__HIGH_WATER": "0",
            "APP__STORAGE__BALLAST": str(MiB),
            "APP__MODELS__HUB": "false",
            "APP__PICTURES__OCR": "false",
            "APP__PICTURES__VISUAL_MODEL": "none",
            "APP__SEARCH__BACKEND": "onnx",
            "APP__TRANSCRIPTION__MODEL": "tiny.en",
            "APP__TRANSCRIPTION__PROVIDER": "whisper_cpp",
            "APP__TRANSCRIPTION__MAX_WINDOW": "5",
            "APP__INGESTION__ALLOWED_NETWORKS": '["127.0.0.0/8"]',
            "APP__INGESTION__ALLOWED_ROOTS": f'["{self.folder.parent}"]',
            "APP__WEBHOOKS__RETRY_DELAY": "0.2",
            "APP__WEBHOOKS__TIMEOUT": "3",
            "APP__LOGGING__LEVEL": "DEBUG",
        }

    def launch(self, *, crash_at: str | None = None, **more: str) -> None:
        """Start the process, and wait for nothing."""
        self.starts += 1
        with self._log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", self.module],
                cwd=ROOT,
                env=self._environment(crash_at) | more,
                stdout=log,
                stderr=log,
                stdin=subprocess.DEVNULL,
            )

    def command(
        self, *words: str | Path, crash_at: str | None = None
    ) -> subprocess.CompletedProcess[str]:
        """`spool WORD…` with the settings of this service, to its end."""
        return subprocess.run(
            [sys.executable, "-m", "app", *words],
            cwd=ROOT,
            env=self._environment(crash_at),
            capture_output=True,
            text=True,
            timeout=120,
        )

    def _environment(self, crash_at: str | None) -> dict[str, str]:
        others = {
            name: value
            for name, value in os.environ.items()
            if not name.upper().startswith(("APP__", "SPOOL_"))
        }
        return others | self.settings | ({VARIABLE: crash_at} if crash_at else {})

    def start(self, *, crash_at: str | None = None, **more: str) -> None:
        """Raises Died when it ends before it answers, unless it was told to."""
        self.launch(crash_at=crash_at, **more)
        until(lambda: self.answers() or self.is_dead(), UP_WITHIN, "an answer of /health")
        if self.is_dead() and crash_at is None:
            raise Died(f"it ended with {self.status()}:\n{self.log()[-3000:]}")

    def answers(self) -> bool:
        try:
            return self.http.get("/health", timeout=5.0).status_code == 200
        except httpx2.TransportError:
            return False

    def is_dead(self) -> bool:
        return self.process is None or self.process.poll() is not None

    def status(self) -> int | None:
        return self.process.returncode if self.process else None

    @property
    def pid(self) -> int:
        assert self.process is not None
        return self.process.pid

    def await_death(self, seconds: float) -> int:
        """The exit status."""
        assert self.process is not None
        try:
            return self.process.wait(seconds)
        except subprocess.TimeoutExpired as error:
            raise NeverCame(f"after {seconds:g} s it still runs") from error

    def kill(self) -> None:
        """As `kill -9` does, and no other way."""
        if not self.is_dead():
            os.kill(self.pid, signal.SIGKILL)
        self.await_death(GONE_WITHIN)

    def stop(self) -> int:
        """By SIGTERM; returns the exit status."""
        os.kill(self.pid, signal.SIGTERM)
        return self.await_death(STOP_WITHIN)

    def log(self) -> str:
        return self._log.read_text(encoding="utf-8", errors="replace")

    def health(self) -> dict[str, Any]:
        found: dict[str, Any] = self.http.get("/health").json()
        return found

    def is_ready(self) -> bool:
        return all(state == "ready" for state in self.health()["ready"].values())

    def is_drained(self) -> bool:
        health = self.health()
        under_way = [health[kind][word] for kind in KINDS for word in ("pending", "running")]
        return not any(under_way)

    def drain(self, seconds: float = 120.0) -> None:
        until(self.is_drained, seconds, "an end of all jobs")

    def job(self, job_id: str, wait: float = 0.0) -> dict[str, Any]:
        found: dict[str, Any] = self.http.get(f"/api/v1/jobs/{job_id}?wait={wait}").json()
        return found

    def ended(self, job_id: str, seconds: float = 60.0) -> dict[str, Any]:
        until(lambda: self.job(job_id, 1.0)["finished_at"], seconds, f"an end of {job_id}")
        return self.job(job_id)

    def post(self, medium: Path, **options: str) -> str:
        """The id of the new job."""
        answer = self.http.post(
            "/api/v1/ingest",
            params={"filename": medium.name, **options},
            content=medium.read_bytes(),
        )
        assert answer.status_code == 202, answer.text
        return str(answer.json()["job_id"])

    def transcript(self, job_id: str) -> str:
        answer = self.http.get(f"/api/v1/jobs/{job_id}/result")
        assert answer.status_code == 200, answer.text
        return str(answer.json()["transcript"])

    def orphans(self) -> list[str]:
        """Processes of this service whose service is another run, or none."""
        alive = None if self.is_dead() else self.pid
        return processes.orphans(self.run, self.data, alive)

    def await_no_orphans(self) -> None:
        try:
            until(lambda: not self.orphans(), GONE_WITHIN, "an end of all its children")
        except NeverCame as error:
            raise NeverCame(f"{error}: {self.orphans()}") from error

    def close(self) -> None:
        """Whatever a test left behind."""
        self.http.close()
        if not self.is_dead():
            self.kill()
        processes.end(self.run, self.data)


def _free_port() -> int:
    while True:
        port = random.choice(BELOW_EPHEMERAL)
        with socket.socket() as door:
            door.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                door.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
