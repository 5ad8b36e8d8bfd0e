"""Lines, stores and runs of a worker that do what they are told."""

import asyncio
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import cast

import pytest

from app.adapters.markdown_texts import MarkdownTexts
from app.adapters.sql.jobs import SqlJobStore
from app.domain.assets import asset_of
from app.domain.errors import SpoolError
from app.domain.jobs import Job, Stage
from app.domain.media import Audio
from app.domain.transcript import Transcript
from app.pipeline.report import JobReport
from app.pipeline.runner import Pipeline
from app.pipeline.work import Work
from app.ports import Growth
from app.services.worker import JobWorker
from tests.unit.workbench import Workbench


class Scripted:
    """A line that does what it is told, in place of the real one."""

    def __init__(self, error: BaseException | None = None) -> None:
        self.error = error
        self.begun = asyncio.Event()
        self.go_on = asyncio.Event()
        self.go_on.set()
        self.stopping = asyncio.Event()
        self.texts = MarkdownTexts()

    async def run(self, job: Job, report: JobReport) -> Work:
        self.begun.set()
        await report.enter(Stage.MEDIA_EXTRACTION)
        await self.go_on.wait()
        if self.error:
            raise self.error
        nothing = Transcript(
            segments=(), language_detection=None, duration=1.0, provider="p", model="m"
        )
        return Work(job=job, report=report, transcript=nothing, asset=asset_of(job))

    def as_pipeline(self) -> Pipeline:
        return cast(Pipeline, self)


class Failing(SqlJobStore):
    """Raises what it is told, verb by verb, and then does its work."""

    def __init__(self, bench: Workbench, **troubles: Sequence[Exception]) -> None:
        super().__init__(bench.store._database)
        self.troubles = {verb: list(errors) for verb, errors in troubles.items()}
        self.refused = 0
        self.when_refused: Callable[[], None] = lambda: None

    def _trouble(self, verb: str) -> None:
        if self.troubles.get(verb):
            self.refused += 1
            self.when_refused()
            raise self.troubles[verb].pop(0)

    async def claim(self, job_id: str, boot_id: str) -> Job | None:
        self._trouble("claim")
        return await super().claim(job_id, boot_id)

    async def get(self, job_id: str) -> Job | None:
        self._trouble("get")
        return await super().get(job_id)

    async def succeed(self, job: Job, *, output_path: str | None) -> bool:
        self._trouble("succeed")
        return await super().succeed(job, output_path=output_path)

    async def fail(self, job: Job, error: SpoolError, *, dead_letter: bool = False) -> bool:
        self._trouble("fail")
        return await super().fail(job, error, dead_letter=dead_letter)

    async def retry(self, job: Job, error: SpoolError, *, after: float = 0.0) -> bool:
        self._trouble("retry")
        return await super().retry(job, error, after=after)


async def run_to_end(worker: JobWorker, attempts: int = 1) -> None:
    for _ in range(attempts):
        async with asyncio.timeout(30):
            await worker.run_once()


async def running(worker: JobWorker, line: Scripted) -> "asyncio.Task[None]":
    task = asyncio.create_task(worker.run())
    async with asyncio.timeout(30):
        await line.begun.wait()
    return task


async def stopped(task: "asyncio.Task[None]") -> None:
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        async with asyncio.timeout(30):
            await task


async def killed(bench: Workbench, job: Job, times: int) -> JobWorker:
    """A worker of the run after `times` runs that ended in the middle of the job."""
    for number in range(times):
        assert await bench.store.claim(job.job_id, f"killed-{number}")
        worker = bench.worker(boot_id=f"killed-{number + 1}")
        await worker.recover()
    return worker


class StuckExtractor:
    """Writes a little sound, and never comes to an end."""

    name = "stuck"

    def __init__(self) -> None:
        self.at_work = 0

    def accepts(self, source: Path) -> bool:
        return True

    def _begin(self, target: Path) -> None:
        target.write_bytes(b"sound")

    async def extract(self, source: Path, target: Path, growth: Growth) -> Audio:
        self._begin(target)
        self.at_work += 1
        try:
            await asyncio.get_running_loop().create_future()
        finally:
            self.at_work -= 1
        raise NotImplementedError
