"""The start after an end: what a dead run left is found, and goes on."""

from collections.abc import Sequence

from loguru import logger

from app.domain.crashpoints import reached
from app.domain.jobs import Swept
from app.domain.metrics import ATTEMPTS, UNCOUNTED, Outcome
from app.ports import JobQueue, JobStore, Meter
from app.services.overtaking import end_overtaken

MOST_TOLD = 20  # jobs of a dead run that get a line each


async def recover(
    store: JobStore,
    queue: JobQueue,
    boot_id: str,
    silent_for: float | None = None,
    meter: Meter = UNCOUNTED,
) -> int:
    """Before the port opens: what dead runs left becomes pending, all pending is queued.

    Cut short and run again, it ends the same. Returns how many jobs are queued.
    """
    swept = await take_over(store, queue, boot_id, silent_for, meter)
    reached("recover.swept")
    await end_overtaken(store)
    pending = {} if queue.lasting else await store.pending()
    for job_id, priority in pending.items():
        await queue.enqueue({"job_id": job_id}, priority)
    reached("recover.queued")
    if pending:
        logger.info("{} pending jobs queued, {} interrupted", len(pending), len(swept.pending))
    if dead := await store.dead_letters():
        logger.warning("{} dead letters wait for somebody to look at them", dead)
    return len(pending)


async def take_over(
    store: JobStore,
    queue: JobQueue,
    boot_id: str,
    silent_for: float | None,
    meter: Meter = UNCOUNTED,
) -> Swept:
    """What runs held that are dead, or silent for so long, may be claimed again."""
    swept = await store.sweep(boot_id, silent_for)
    meter.add(ATTEMPTS, len(swept.pending), outcome=Outcome.INTERRUPTED.value)
    meter.add(ATTEMPTS, len(swept.dead), outcome=Outcome.DEAD_LETTER.value)
    await _tell(store, swept.pending, "interrupted: the run that held it has ended, pending again")
    await _tell(store, swept.dead, "dead letter: it died with the service, with nothing beside it")
    if queue.lasting:
        for job_id in swept.pending:
            await queue.enqueue({"job_id": job_id})
    return swept


async def _tell(store: JobStore, job_ids: Sequence[str], what: str) -> None:
    for job_id in job_ids[:MOST_TOLD]:
        job = await store.get(job_id)
        for last in job.history[-1:] if job else ():
            with logger.contextualize(job_id=job_id, stage=last.stage, attempt=last.number):
                logger.warning(what)
    if more := len(job_ids[MOST_TOLD:]):
        logger.warning("{}: {} more jobs", what.partition(":")[0], more)
