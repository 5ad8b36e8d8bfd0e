"""A real Dask cluster for tests: a scheduler and workers, each a process of its own."""

import importlib.util
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from tests.faults.polling import NeverCame, until
from tests.media import ROOT

UP_WITHIN = 90.0  # seconds
TAKEN_IN = "taken in by"
UP = "scheduler at"
LOOPBACK = "127.0.0.1"


def installed() -> bool:
    return importlib.util.find_spec("distributed") is not None


@dataclass(kw_only=True)
class Started:
    """One of its processes, as `spool cluster …` runs it."""

    process: subprocess.Popen[bytes]
    log: Path

    def says(self, words: str) -> bool:
        return words in self.log.read_text(encoding="utf-8", errors="replace")

    def await_words(self, words: str) -> None:
        until(lambda: self.says(words) or self.process.poll() is not None, UP_WITHIN, words)
        if not self.says(words):
            raise NeverCame(f"it ended without {words!r}:\n{self.log.read_text()[-2000:]}")

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()

    def end(self) -> None:
        with suppress(ProcessLookupError):
            self.process.send_signal(signal.SIGCONT)
            self.process.terminate()
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.kill()


@dataclass(kw_only=True)
class DaskCluster:
    folder: Path
    models: Path
    #: Of the scheduler.
    host: str = LOOPBACK
    port: int = field(default_factory=lambda: _free_port())
    started: list[Started] = field(default_factory=list)
    #: Dask's own settings; those of certificates make it one that asks for them.
    settings: dict[str, str] = field(default_factory=dict)

    @property
    def address(self) -> str:
        return f"{'tls' if self.settings else 'tcp'}://{self.host}:{self.port}"

    def start_scheduler(self) -> Started:
        words = ["scheduler", "--host", self.host, "--port", str(self.port)]
        words += ["--tls"] if self.settings else []
        scheduler = self._start("scheduler", words, ())
        scheduler.await_words(UP)
        return scheduler

    def start_worker(self, host: str = LOOPBACK, within: Sequence[str] = ()) -> Started:
        """`within`: a command that runs it."""
        worker = self.launch_worker(host, within)
        worker.await_words(TAKEN_IN)
        return worker

    def launch_worker(self, host: str = LOOPBACK, within: Sequence[str] = ()) -> Started:
        return self._start(
            "worker", ("worker", "--scheduler", self.address, "--host", host), within
        )

    def end(self) -> None:
        for each in reversed(self.started):
            each.end()

    def _start(self, name: str, words: Sequence[str], within: Sequence[str]) -> Started:
        log = self.folder / f"{name}-{len(self.started)}.log"
        with log.open("wb") as output:
            process = subprocess.Popen(
                [*within, sys.executable, "-m", "app", "cluster", *words],
                cwd=ROOT,
                env=self._environment(),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
            )
        self.started.append(Started(process=process, log=log))
        return self.started[-1]

    def _environment(self) -> dict[str, str]:
        """Nothing of the caller's own settings. Tasks of tests are found as they are here."""
        (self.folder / "empty.toml").touch()
        others = {
            name: value
            for name, value in os.environ.items()
            if not name.upper().startswith(("APP__", "SPOOL_", "DASK_"))
        }
        return (
            others
            | self.settings
            | {
                "PYTHONPATH": os.pathsep.join(sys.path),
                "SPOOL_CONFIG": str(self.folder / "empty.toml"),
                "APP__STORAGE__MODELS_DIR": str(self.models),
                "APP__TRANSCRIPTION__WORKERS": "1",
                "APP__MODELS__HUB": "false",
                "APP__LOGGING__LEVEL": "DEBUG",
            }
        )


@contextmanager
def running(folder: Path, models: Path, workers: int = 2) -> Iterator[DaskCluster]:
    cluster = DaskCluster(folder=folder, models=models)
    try:
        cluster.start_scheduler()
        beginning = [cluster.launch_worker() for _ in range(workers)]
        for each in beginning:
            each.await_words(TAKEN_IN)
        yield cluster
    finally:
        cluster.end()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        port: int = probe.getsockname()[1]
    return port
