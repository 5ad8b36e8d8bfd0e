"""The line every job walks, from source to searchable moments."""

from contextlib import closing

from app.domain.jobs import Job
from app.pipeline.recipes import recipe_of
from app.pipeline.report import JobReport
from app.pipeline.tools import Tools
from app.pipeline.work import Work


class Pipeline(Tools):
    async def run(self, job: Job, report: JobReport) -> Work:
        """Walk the whole line. Raises SpoolError; a late stage never costs an earlier result."""
        work = Work(job=job, report=report)
        with closing(work):
            for step in recipe_of(job):
                await step(self, work)
        return work
