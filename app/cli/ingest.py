"""`spool ingest FILE…`"""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TaskProgressColumn, TextColumn
from rich.progress import TimeElapsedColumn as Elapsed
from rich.table import Column

from app.cli.search import clock
from app.cli.service import ApiKey, Server, service
from app.client import Job, Options, Spool, Ticket
from app.domain.errors import SpoolError

POLL = 0.5  # seconds

Follow = Annotated[bool, typer.Option("--follow", help="And print what is said as it is heard.")]
Provider = Annotated[str | None, typer.Option(help="faster_whisper, whisper_cpp, openai.")]
Priority = Annotated[str | None, typer.Option(help="interactive, normal or batch: who goes first.")]
Dedupe = Annotated[
    bool, typer.Option("--dedupe", help="Take what was found in the same bytes before.")
]


def ingest(
    sources: Annotated[list[str], typer.Argument(help="Files, or http(s) URLs.")],
    wait: Annotated[bool, typer.Option("--wait", help="Stay until every job has ended.")] = False,
    follow: Follow = False,
    language: Annotated[str | None, typer.Option(help="Code or name; else detected.")] = None,
    model: Annotated[str | None, typer.Option(help="Model name; else as configured.")] = None,
    provider: Provider = None,
    task: Annotated[str | None, typer.Option(help="translate: into English.")] = None,
    prompt: Annotated[str | None, typer.Option(help="Names and terms to expect.")] = None,
    title: Annotated[str | None, typer.Option(help="Title; else the file name.")] = None,
    asset_id: Annotated[str | None, typer.Option(help="Your own name for the medium.")] = None,
    labels: Annotated[str | None, typer.Option(help="Comma-separated.")] = None,
    words: Annotated[bool, typer.Option("--words", help="Word timestamps.")] = False,
    topics: Annotated[bool, typer.Option("--topics", help="Name what it is about.")] = False,
    diarize: Annotated[bool, typer.Option("--diarize", help="Tell who speaks.")] = False,
    priority: Priority = None,
    dedupe: Dedupe = False,
    server: Server = None,
    api_key: ApiKey = None,
) -> None:
    """Send media to the service; prints one job id per source."""
    options: Options = {
        "language": language,
        "model": model,
        "provider": provider,
        "task": task,
        "prompt": prompt,
        "title": title,
        "asset_id": asset_id,
        "labels": [each.strip() for each in labels.split(",")] if labels else None,
        "word_timestamps": words or None,
        "topics": topics or None,
        "diarize": diarize or None,
        "priority": priority,
        "dedupe": dedupe or None,
    }
    with service(server, api_key) as spool:
        well = _Ingest(spool, options, follow=follow).run(sources, wait=wait or follow)
    if not well:
        raise typer.Exit(1)


class _Ingest:
    """A progress bar per source, on standard error."""

    def __init__(self, spool: Spool, options: Options, *, follow: bool) -> None:
        self._spool, self._options, self._follow = spool, options, follow
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

    def run(self, sources: list[str], *, wait: bool) -> bool:
        """False when a source was refused or its job failed."""
        with self._bars:
            sent = {job_id: bar for source in sources for job_id, bar in self._send(source)}
            if self._follow:
                for job_id, bar in sent.items():
                    self._listen(job_id, bar)
            while wait and sent:
                sent = {job: bar for job, bar in sent.items() if not self._ended(job, bar)}
        return self._well

    def _send(self, source: str) -> list[tuple[str, TaskID]]:
        bar = self._bars.add_task("", name=Path(source).name, stage="uploading", total=1.0)
        try:
            ticket = self._submit(source, bar)
        except (SpoolError, OSError) as error:
            hint = getattr(error, "hint", None)
            self._fail(bar, f"{source}: {error}" + (f"\n  {hint}" if hint else ""))
            return []
        self._bars.update(bar, completed=0.0, total=1.0, stage=ticket.status)
        print(ticket.job_id, flush=True)
        return [(ticket.job_id, bar)]

    def _submit(self, source: str, bar: TaskID) -> Ticket:
        if source.startswith(("http://", "https://")):
            return self._spool.submit_url(source, **self._options)

        def sent(count: int, size: int) -> None:
            self._bars.update(bar, completed=count, total=size)

        return self._spool.upload(source, progress=sent, **self._options)

    def _listen(self, job_id: str, bar: TaskID) -> None:
        for event in self._spool.events(job_id):
            if event.segment is not None:
                said = event.segment
                print(f"{clock(said.start)}-{clock(said.end)} {said.text}", flush=True)
            elif event.kind == "progress":
                self._bars.update(bar, completed=event.data.get("progress"))

    def _ended(self, job_id: str, bar: TaskID) -> bool:
        job = self._spool.job(job_id, wait=POLL)
        self._bars.update(bar, completed=job.progress, stage=job.status)
        if job.ended:
            self._tell(job, bar)
        return job.ended

    def _tell(self, job: Job, bar: TaskID) -> None:
        for warning in job.warnings:
            self._console.print(f"warning: {job.title}: {warning.message}", markup=False)
        if job.error is not None:
            self._fail(bar, f"{job.title}: {job.error.message}")

    def _fail(self, bar: TaskID, reason: str) -> None:
        self._well = False
        self._bars.update(bar, stage="Failed")
        self._console.print(reason, style="red", markup=False)
