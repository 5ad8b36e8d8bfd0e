"""`kill -9` at every named point, each under the load that leads there."""

import pytest

from tests.faults.invariants import check
from tests.faults.ledger import Ledger
from tests.faults.outside import Outside
from tests.faults.points import UNDER_LOAD, die_at_each
from tests.faults.spool import Spool

SEED = 7


@pytest.mark.timeout(900)
def test_nothing_is_lost_by_a_death_at_each_point(
    spool: Spool, ledger: Ledger, world: Outside, golden: dict[str, str]
) -> None:
    missed = die_at_each(UNDER_LOAD, spool, ledger, world, SEED)
    found = check(spool, ledger, world, golden)
    assert found.violations == []
    assert found.late == 0, "an index or embedding failed for no reason of its own"
    assert missed == [], "the service never came by"
    assert found.jobs
