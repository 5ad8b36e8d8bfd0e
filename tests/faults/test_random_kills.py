"""`kill -9` at any moment, under mixed load."""

import random
import time

import pytest

from tests.faults.invariants import check
from tests.faults.ledger import Ledger
from tests.faults.load import Load
from tests.faults.outside import Outside
from tests.faults.spool import Spool

KILLS = 15
SEED = 20261121


@pytest.mark.timeout(600)
def test_nothing_is_lost_by_random_kills_under_mixed_load(
    spool: Spool, ledger: Ledger, world: Outside, golden: dict[str, str]
) -> None:
    chance = random.Random(SEED)
    with Load(spool, ledger, world, SEED):
        for number in range(KILLS):
            spool.start()
            time.sleep(chance.uniform(0.0, 1.5))  # the moment of death is the whole point
            spool.kill()
            if number % 2:  # the other times the next start meets what is left
                spool.await_no_orphans()
        spool.start()
    found = check(spool, ledger, world, golden)
    assert found.violations == []
    assert found.late == 0, "an index or embedding failed for no reason of its own"
    assert found.jobs >= KILLS // 2, "the load was no load"
    assert found.windows
