"""What the scheduler knows of our tasks; it runs there."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from distributed import Scheduler


@dataclass(frozen=True, kw_only=True)
class Glance:
    #: Tasks that all workers together do at a time.
    threads: int
    #: Of each task that a worker has: seconds since that worker was heard.
    silent: dict[str, float]
    #: Tasks that no worker has, and those of which the scheduler has not heard.
    waiting: frozenset[str]


def glance(keys: Sequence[str], dask_scheduler: "Scheduler | None" = None) -> Glance:
    assert dask_scheduler is not None  # the cluster puts it there, by this name
    now = time.time()
    known = {key: dask_scheduler.tasks.get(key) for key in keys}
    holders = {key: task.processing_on if task else None for key, task in known.items()}
    return Glance(
        threads=dask_scheduler.total_nthreads,
        silent={key: now - each.last_seen for key, each in holders.items() if each is not None},
        waiting=frozenset(key for key, each in holders.items() if each is None),
    )
