"""What one instance does when another tells it something."""

import asyncio
from collections.abc import Callable

from loguru import logger

from app.bootstrap.records import Records
from app.domain.errors import SpoolError
from app.domain.instances import Told
from app.services.worker import JobWorker


def listener(
    records: Records, worker: JobWorker, nudge: Callable[[], None]
) -> Callable[[Told, str], None]:
    """What it hears, it hands on; from now on others are told in turn what happens here."""
    ours = records.instances
    looking: set[asyncio.Task[None]] = set()

    async def look(job_id: str) -> None:
        try:
            await worker.look(job_id)
        except SpoolError as error:  # the next write of the job will show it, too
            logger.debug("not looked at {}: {}", job_id, error.message)

    def heard(kind: Told, subject: str) -> None:
        if kind is Told.JOB:
            records.watch.heard(subject)
            task = asyncio.create_task(look(subject))
            looking.add(task)
            task.add_done_callback(looking.discard)
        if kind in (Told.QUEUE, Told.ALL):
            ours.queue.nudge()
        if kind in (Told.WEBHOOK, Told.ALL):
            nudge()
        if kind is Told.ALL:
            records.watch.heard_all()

    async def renewed(boot_id: str) -> None:
        await worker.renew(boot_id)
        await records.mark.write(boot_id)

    records.watch.abroad = lambda job_id: ours.news.tell(Told.JOB, job_id)
    ours.tenancy.renewed = renewed
    return heard
