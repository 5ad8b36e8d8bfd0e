"""Jobs on their way to their end: which are at work, and which have ended."""

from collections.abc import Collection, Iterator
from functools import partial

from app.cli.patience import unhurried
from app.client import Job, Refused, Spool

POLL = 0.5  # seconds that the service is asked to hold an answer back
PAGE = 200  # jobs
#: Jobs that are looked at in a round, beside the oldest and those that have just left off.
GLANCES = 4


class Awaiting:
    """A round costs a few requests, however many jobs there are: jobs end about in the order in
    which they came, so the oldest is waited for, and of the others those that run are listed."""

    def __init__(self, spool: Spool) -> None:
        self._spool = spool
        self._left: dict[str, None] = {}  # in their order
        self._running: set[str] = set()
        self._turn = 0

    @property
    def left(self) -> list[str]:
        """Those that have not ended, as far as is known; oldest first."""
        return list(self._left)

    def add(self, job_id: str) -> None:
        self._left.setdefault(job_id)

    def round(self, wait: float = POLL) -> Iterator[Job]:
        """Jobs as they are now: those at work, and once each those that have ended. One that was
        deleted meanwhile is told of no more."""
        if not self._left:
            return
        yield from self._look(next(iter(self._left)), wait)
        page = unhurried(partial(self._spool.jobs, status="running", limit=PAGE))
        running = {job.job_id: job for job in page.jobs if job.job_id in self._left}
        yield from running.values()
        stopped = [each for each in self._running if each in self._left and each not in running]
        self._running = set(running)
        for job_id in dict.fromkeys([*stopped, *self._some(running)]):
            yield from self._look(job_id)

    def _some(self, running: Collection[str]) -> list[str]:
        """By turns, of those that are not known to run."""
        resting = [each for each in self._left if each not in running][1:]
        first = self._turn % max(len(resting), 1)
        self._turn += GLANCES
        return (resting[first:] + resting[:first])[:GLANCES]

    def _look(self, job_id: str, wait: float = 0.0) -> Iterator[Job]:
        try:
            job = unhurried(partial(self._spool.job, job_id, wait=wait))
        except Refused as error:
            if error.status != 404:
                raise
            self._left.pop(job_id, None)
            return
        if job.ended:
            self._left.pop(job_id, None)
        yield job
