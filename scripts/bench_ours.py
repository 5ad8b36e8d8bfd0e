"""A whole job over HTTP, as any client sends it, on a service that was started for it."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from scripts.bench_peers import Run
from scripts.bench_server import Server, serving
from scripts.bench_settings import SLOTS
from scripts.bench_watch import Watch


@dataclass(frozen=True, kw_only=True)
class Done:
    #: As `/api/v1/jobs/{job_id}` told it at the end.
    job: dict[str, Any]
    text: str
    #: Of the service and all its workers, from the first byte sent to Completed told.
    watch: Watch

    @property
    def run(self) -> Run:
        return Run(
            seconds=self.watch.seconds,
            cpu_seconds=self.watch.cpu,
            memory=self.watch.peak,
            text=self.text,
        )


@contextmanager
def warm_service(provider: str, model: str, warm: Path, **settings: str) -> Iterator[Server]:
    """Everything is loaded, and one job on `warm` is done."""
    with serving(
        APP__TRANSCRIPTION__PROVIDER=provider,
        APP__TRANSCRIPTION__MODEL=model,
        APP__TRANSCRIPTION__WORKERS=str(SLOTS),
        APP__LOGGING__LEVEL="WARNING",
        **settings,
    ) as server:
        server.await_ready()
        job(server, warm)
        yield server


def job(server: Server, sound: Path) -> Done:
    """Raises OSError unless it completes."""
    with Watch(server.process.pid) as watch:
        ended = server.await_end(submit(server, sound))
    check(ended)
    text = server.ask(ended["result_url"])["transcript"]
    return Done(job=ended, text=text, watch=watch)


def submit(server: Server, sound: Path, **options: str) -> str:
    """The id of the job."""
    query = "&".join(f"{name}={value}" for name, value in options.items())
    path = f"/api/v1/ingest?filename={sound.name}&{query}"
    return str(server.ask(path, sound.read_bytes())["job_id"])


def check(ended: dict[str, Any]) -> None:
    if ended["status"] != "Completed":
        raise OSError(f"the job ended as {ended['status']}: {ended['error']}")
