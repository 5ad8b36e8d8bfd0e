"""The whole service is killed: at random, and at every named point."""

import random
import time

from scripts.chaos_report import Lab, Round, Tally, say
from tests.faults.invariants import check
from tests.faults.load import Load
from tests.faults.points import die_at_each, shuffled

EACH = 20  # kills on one data folder, before it is checked
LONGEST = 3.0  # seconds that a service lives once it answers


def random_kills(lab: Lab, number: int) -> Tally:
    """kill -9 of the server at random moments under mixed load"""
    tally = Tally("kills")
    while (left := number - tally.tried["kill -9"]) > 0:
        with lab.round() as each:
            tally.tried["kill -9"] += _kill_at_random(each, min(EACH, left))
            found = check(each.spool, each.ledger, each.world, lab.golden)
            tally.add(f"seed {each.seed}", found, each.ledger)
            say(f"kills: {tally.tried['kill -9']} of {number}, {len(tally.violations)} violations")
    return tally


def named_points(lab: Lab, number: int) -> Tally:
    """rounds of kill -9 at every named point"""
    tally = Tally("points")
    for turn in range(number):
        with lab.round() as each:
            points = shuffled(each.seed)
            missed = die_at_each(points, each.spool, each.ledger, each.world, each.seed)
            tally.tried["kill -9 at a point"] += len(points) - len(missed)
            found = check(each.spool, each.ledger, each.world, lab.golden)
            found.violations += [f"never came by {point}" for point in missed]
            tally.add(f"seed {each.seed}", found, each.ledger)
            say(f"points: round {turn + 1} of {number}, {len(tally.violations)} violations")
    return tally


def _kill_at_random(each: Round, number: int) -> int:
    """Also while it starts: then there is no answer to wait for."""
    chance = random.Random(each.seed)
    with Load(each.spool, each.ledger, each.world, each.seed):
        for _ in range(number):
            if chance.random() < 0.2:
                each.spool.launch()
                time.sleep(chance.uniform(0.0, LONGEST))
            else:
                each.spool.start()
                time.sleep(chance.uniform(0.0, LONGEST))
            each.spool.kill()
            if chance.random() < 0.5:  # the other times the next start meets what is left
                each.spool.await_no_orphans()
        each.spool.start()
    return number
