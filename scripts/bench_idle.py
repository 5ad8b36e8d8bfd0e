"""The line of jobs of which nothing is asked: all that is measured with it is what is around it."""

import asyncio
from collections.abc import Callable

from app.adapters.markdown_texts import MarkdownTexts
from app.domain.assets import Asset
from app.domain.jobs import Job
from app.domain.transcript import Segment, Transcript
from app.pipeline.report import JobReport
from app.pipeline.work import Work

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
