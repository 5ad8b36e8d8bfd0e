"""A bar for each source of `spool ingest`; of many, for those at work, and a line of totals."""

from types import TracebackType
from typing import Self

from rich.progress import BarColumn, TaskID, TextColumn
from rich.progress import TaskProgressColumn as Percent
from rich.progress import TimeElapsedColumn as Elapsed
from rich.table import Column

from app.cli.progress import progress
from app.cli.sources import Source
from app.client import Job

#: More of them than this, and those that have ended give way to the totals.
MOST = 10
UPLOADING = "uploading"


class Bars:
    """One for each source: its upload, then its job. May be told things by any thread."""

    def __init__(self, count: int, *, wait: bool) -> None:
        """`count`: how many sources there will be. `wait`: all is done when their jobs are."""
        self._progress = progress(
            TextColumn("{task.fields[name]}", table_column=Column(no_wrap=True, max_width=30)),
            BarColumn(),
            Percent(),
            TextColumn("{task.fields[stage]}", table_column=Column(no_wrap=True)),
            Elapsed(),
        )
        self._count, self._many = count, count > MOST
        self._of_source: dict[Source, TaskID] = {}
        #: Several, where the same bytes were sent twice with `dedupe`: they share the job.
        self._of_job: dict[str, list[TaskID]] = {}
        self._wait = wait
        self._sent = self._ended = self._failed = self._refused = 0
        self._total = self._bar(f"{count} in all", "") if self._many else None

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._progress.stop()

    def sending(self, source: Source, sent: int, size: int) -> None:
        """In bytes."""
        if source not in self._of_source:
            self._of_source[source] = self._bar(source.short, UPLOADING)
        self._progress.update(self._of_source[source], completed=sent, total=size or None)

    def taken(self, source: Source, job_id: str, status: str) -> None:
        self._sent += 1
        bar = self._of_source.pop(source)
        self._of_job.setdefault(job_id, []).append(bar)
        self._progress.reset(bar, total=1.0, name=source.short, stage=status)
        if self._many:
            self._progress.update(bar, visible=False)  # until it is at work
        self._sum_up()

    def at_work(self, job_id: str, progress: float, status: str) -> None:
        for bar in self._of_job.get(job_id, ()):
            self._progress.update(bar, completed=progress, stage=status, visible=True)

    def ended(self, job: Job) -> None:
        bars = self._of_job.pop(job.job_id, [])
        self._ended += len(bars)
        self._failed += 0 if job.completed else len(bars)
        for bar in bars:
            self._progress.update(bar, completed=job.progress, stage=job.status)
            self._leave(bar)
        self._sum_up()

    def refused(self, source: Source) -> None:
        self._failed += 1
        self._refused += 1
        bar = self._of_source.pop(source)
        self._progress.update(bar, stage="refused")
        self._leave(bar)
        self._sum_up()

    def _bar(self, name: str, stage: str) -> TaskID:
        return self._progress.add_task("", name=name, stage=stage, total=None)

    def _leave(self, bar: TaskID) -> None:
        self._progress.stop_task(bar)
        if self._many:
            self._progress.remove_task(bar)

    def _sum_up(self) -> None:
        if self._total is None:
            return
        said = f"{self._sent} sent, {self._ended} ended, {self._failed} failed"
        done = self._refused + (self._ended if self._wait else self._sent)
        self._progress.update(self._total, completed=done, total=self._count, stage=said)
