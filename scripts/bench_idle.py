"""Jobs of which nothing is asked, and their line: what is measured with them is all around it."""

import asyncio
from collections.abc import Callable

from app.adapters.markdown_texts import MarkdownTexts
from app.adapters.sql.database import Database
from app.adapters.sql.jobs import SqlJobStore
from app.domain.assets import Asset
from app.domain.jobs import Job, JobOptions, SourceKind
from app.domain.transcript import Segment, Transcript
from app.pipeline.report import JobReport
from app.pipeline.work import Work

AT_ONCE = 8  # jobs on their way into the database
SAID = Transcript(
    segments=(Segment(start=0.0, end=1.0, text="Nothing was done."),),
    language_detection=None,
    duration=1.0,
    provider="none",
    model="none",
)


def _nothing(job: Job) -> None:
    """Nobody keeps a list."""


class IdleLine:
    """Stands where the pipeline stands. `walked` is called with each job that comes along."""

    def __init__(self, walked: Callable[[Job], None] = _nothing) -> None:
        self.stopping = asyncio.Event()
        self.texts = MarkdownTexts()
        self._walked = walked

    async def run(self, job: Job, report: JobReport) -> Work:
        self._walked(job)
        asset = Asset(
            asset_id=job.asset_id,
            media_type=job.media_type,
            job_id=job.job_id,
            title=job.source_name,
            created_at=job.created_at,
            updated_at=job.created_at,
        )
        return Work(job=job, report=report, transcript=SAID, asset=asset)


async def fill(url: str, number: int) -> None:
    """Of media that every instance can reach."""
    turns = asyncio.Semaphore(AT_ONCE)
    async with Database(url) as database:
        store = SqlJobStore(database)

        async def add(count: int) -> None:
            job_id = f"{count:08x}-0000-4000-8000-000000000000"
            async with turns:
                await store.add(
                    job_id=job_id,
                    source=SourceKind.UPLOAD,
                    source_name="silence.wav",
                    input_path=f"uploads/{job_id}",
                    options=JobOptions(),
                )

        await asyncio.gather(*(add(count) for count in range(number)))
