"""A chain of deaths, one at each named point: each start recovers from the death before."""

import random
from collections.abc import Sequence
from dataclasses import replace

from app.domain.crashpoints import POINTS
from tests.faults.ledger import Ledger
from tests.faults.load import Lean, Load
from tests.faults.outside import Outside
from tests.faults.polling import NeverCame
from tests.faults.spool import Spool

#: Of what the load does not do, or not soon (key-frames wait until nothing else does). They have
#: tests of their own: `test_resumable_uploads`, `test_picture_points`, `test_index_points` and
#: `test_backups`.
ELSEWHERE = ("upload.", "picture.", "text.", "asset.", "records.", "backup.", "restore.")
UNDER_LOAD = tuple(point for point in POINTS if not point.startswith(ELSEWHERE))
HIT_WITHIN = 60.0  # seconds under load
KILLED = -9
QUIET = Lean().without_faults()
#: What brings the service to a point soon; the usual load for all others.
LEANS = {
    "file": replace(QUIET, uploads_only=True),
    "job.failed": replace(QUIET, unreadable=0.7),
    "job.retried": replace(QUIET, passing=0.8),
    "job.cancelled": replace(QUIET, cancelling=40),
    "delete": replace(QUIET, deleting=30),
    "webhook": replace(QUIET, webhook=1.0),
}


def lean_for(point: str) -> Lean:
    return LEANS.get(point) or LEANS.get(point.partition(".")[0]) or QUIET


def die_at_each(
    points: Sequence[str], spool: Spool, ledger: Ledger, world: Outside, seed: int
) -> list[str]:
    """The points that did not kill it. The service is up when this returns."""
    missed = []
    chance = random.Random(seed)
    with Load(spool, ledger, world, seed) as load:
        for point in points:
            load.wish.lean = lean_for(point)
            spool.start(crash_at=f"{point}:{chance.choice((1, 1, 2)) if _repeats(point) else 1}")
            try:
                status = spool.await_death(HIT_WITHIN)
            except NeverCame:
                status = None
                spool.kill()
            if status != KILLED:
                missed.append(f"{point}: {status}")
        load.wish.lean = Lean()
        spool.start()
    return missed


def shuffled(seed: int) -> list[str]:
    """All points, those of the start first: only a new folder has migrations to run."""
    rest = [point for point in UNDER_LOAD if not point.startswith("migrate")]
    random.Random(seed).shuffle(rest)
    return ["migrate.before", "migrate.after", *rest]


def _repeats(point: str) -> bool:
    """Whether a running service passes it more than once."""
    return not point.startswith(("migrate", "recover"))
