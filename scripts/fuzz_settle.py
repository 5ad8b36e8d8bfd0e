"""INV once the fire has ended: what must hold of a service that went through it."""

from collections.abc import Iterator

from scripts.fuzz_canary import holders
from scripts.fuzz_yard import Yard
from tests.faults import stored
from tests.faults.invariants import INDEXED_WITHIN, Findings, check_files
from tests.faults.level import index_differs
from tests.faults.polling import NeverCame, until
from tests.paths import CANARY

#: Seconds: key-frames of thousands of videos wait for one another. What stands still meanwhile is
#: told by its attempt.
DRAINED_WITHIN = 1800.0
LONGEST_JOB = 60.0  # seconds for one attempt
ENDED = "('completed', 'failed', 'cancelled')"
#: Of an error that nobody planned.
UNPLANNED = "internal"


def settled(yard: Yard) -> list[str]:
    """What is wrong. The service is stopped when this returns."""
    found = Findings(violations=list(yard.ledger.wrong))
    try:
        yard.spool.drain(DRAINED_WITHIN)
        until(lambda: not stored.unindexed(yard.spool.data), INDEXED_WITHIN, "all indexed")
        yard.spool.await_no_orphans()
    except NeverCame as error:
        found.say(str(error))
        yard.spool.kill()
        return found.violations
    if (status := yard.spool.stop()) != 0:
        found.say(f"SIGTERM ended it with {status}")
    _check_what_is_left(yard, found)
    return found.violations


def _check_what_is_left(yard: Yard, found: Findings) -> None:
    try:
        yard.spool.await_no_orphans()
    except NeverCame as error:
        found.say(f"processes that outlived the service: {error}")
    found.violations += _jobs(yard)
    if yard.ledger.orders:
        check_files(yard.spool, yard.ledger, yard.world, found)
    else:
        found.violations += _files(yard)
    found.violations += _tokens(yard)
    if "Traceback (most recent call last)" in yard.spool.log():
        found.say("the log holds a traceback")


def _jobs(yard: Yard) -> Iterator[str]:
    """Each has ended, in time, and as somebody planned."""
    with stored.database(yard.spool.data) as database:
        for row in database.execute(
            "SELECT job_id, status, error_code, error_message, dead_letter FROM jobs"
            f" WHERE status NOT IN {ENDED} OR error_code = ? OR dead_letter",
            (UNPLANNED,),
        ):
            yield f"a job ended otherwise than planned: {dict(row)}"
        for row in database.execute(
            "SELECT job_id, started_at, ended_at FROM attempts WHERE ended_at IS NULL"
            " OR (julianday(ended_at) - julianday(started_at)) * 86400 > ?",
            (LONGEST_JOB,),
        ):
            yield f"an attempt took longer than {LONGEST_JOB:g} s: {dict(row)}"


def _files(yard: Yard) -> list[str]:
    """Where nobody knows all that was taken in, there is no book to compare with."""
    data = yard.spool.data
    with stored.database(data) as database:
        wrong = stored.damage(database)
        wrong += stored.computed_again(database, yard.spool.notes)
        wrong += stored.stray_files(database, data)
    return wrong + index_differs(data)


def _tokens(yard: Yard) -> Iterator[str]:
    """In outputs, sound, database, index; in the log; in what the engine noted."""
    for folder in (yard.spool.data, yard.spool.notes):
        yield from (f"the canary's token is in {file.name}" for file in holders(folder))
    if CANARY in yard.spool.log():
        yield "the canary's token is in the log"
