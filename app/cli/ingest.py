"""`spool ingest FILE…`"""

from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TaskProgressColumn, TextColumn
from rich.progress import TimeElapsedColumn as Elapsed
from rich.table import Column

from app.cli.client import Client
from app.domain.errors import SpoolError
from app.domain.jobs import JobStatus

POLL = 0.5  # seconds
ENDED = {status.value.capitalize() for status in JobStatus if status.ended}


def ingest(
    sources: Annotated[list[str], typer.Argument(help="Files, or http(s) URLs.")],
    wait: Annotated[bool, typer.Option("--wait", help="Stay until every job has ended.")] = False,
    language: Annotated[str | None, typer.Option(help="Code or name; else detected.")] = None,
    model: Annotated[str | None, typer.Option(help="Model name; else as configured.")] = None,
    provider: Annotated[
        str | None, typer.Option(help="faster_whisper, whisper_cpp, openai.")
    ] = None,
    task: Annotated[str | None, typer.Option(help="translate: into English.")] = None,
    prompt: Annotated[str | None, typer.Option(help="Names and terms to expect.")] = None,
    title: Annotated[str | None, typer.Option(help="Title; else the file name.")] = None,
    asset_id: Annotated[str | None, typer.Option(help="Your own name for the medium.")] = None,
    labels: Annotated[str | None, typer.Option(help="Comma-separated.")] = None,
    words: Annotated[bool, typer.Option("--words", help="Word timestamps.")] = False,
    server: Annotated[str | None, typer.Option(help="URL of the service.")] = None,
) -> None:
    """Send media to the service; prints one job id per source."""
    given = {
        "language": language,
        "model": model,
        "provider": provider,
        "task": task,
        "prompt": prompt,
        "title": title,
        "asset_id": asset_id,
        "labels": labels,
        "word_timestamps": "true" if words else None,
    }
    options = {key: value for key, value in given.items() if value is not None}
    if not _Ingest(Client(server), options).run(sources, wait):
        raise typer.Exit(1)


class _Ingest:
    """One progress bar per source: it uploads, then walks the stages."""

    def __init__(self, client: Client, options: dict[str, str]) -> None:
        self._client, self._options = client, options
        self._console = Console(stderr=True)
        self._bars = Progress(
            TextColumn("{task.fields[name]}", table_column=Column(no_wrap=True, max_width=30)),
            BarColumn(),
            TaskProgressColumn(),
            TextColumn("{task.fields[stage]}"),
            Elapsed(),
            console=self._console,
        )
        self._well = True

    def run(self, sources: list[str], wait: bool) -> bool:
        """False when a source was refused or its job failed."""
        with self._bars:
            sent = {job_id: bar for source in sources for job_id, bar in self._send(source)}
            while wait and sent:
                sent = {job: bar for job, bar in sent.items() if not self._ended(job, bar)}
        return self._well

    def _send(self, source: str) -> list[tuple[str, TaskID]]:
        bar = self._bars.add_task("", name=Path(source).name, stage="uploading", total=1.0)
        try:
            job = self._submit(source, bar)
        except (SpoolError, OSError) as error:
            hint = getattr(error, "hint", None)
            self._fail(bar, f"{source}: {error}" + (f"\n  {hint}" if hint else ""))
            return []
        self._bars.update(bar, completed=0.0, total=1.0, stage=job["status"])
        print(job["job_id"], flush=True)
        return [(job["job_id"], bar)]

    def _submit(self, source: str, bar: TaskID) -> dict[str, Any]:
        if source.startswith(("http://", "https://")):
            return self._client.submit_url(source, self._options)
        file = Path(source)
        self._bars.update(bar, total=file.stat().st_size)
        return self._client.upload(
            file, self._options, lambda count: self._bars.advance(bar, count)
        )

    def _ended(self, job_id: str, bar: TaskID) -> bool:
        job = self._client.job(job_id, wait=POLL)
        self._bars.update(bar, completed=job["progress"], stage=job["status"])
        for warning in job["warnings"] if job["status"] in ENDED else ():
            self._console.print(f"warning: {job['title']}: {warning['message']}")
        if job["error"] and job["status"] in ENDED:
            self._fail(bar, f"{job['title']}: {job['error']['message']}")
        return job["status"] in ENDED

    def _fail(self, bar: TaskID, reason: str) -> None:
        self._well = False
        self._bars.update(bar, stage="Failed")
        self._console.print(reason, style="red", markup=False)
