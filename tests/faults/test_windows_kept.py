"""Windows are rows: what is finished stays finished, wherever the service dies."""

import signal
from collections import Counter
from pathlib import Path

import pytest

from tests.faults.engine import computed
from tests.faults.invariants import check
from tests.faults.ledger import Ledger, Order
from tests.faults.outside import Outside
from tests.faults.spool import Spool

DEATHS = 3


@pytest.mark.timeout(150)
def test_killed_after_every_window_none_is_computed_twice(
    spool: Spool, ledger: Ledger, world: Outside, golden: dict[str, str], sent_media: Path
) -> None:
    """One window at a time, so that each death comes right after the row of one."""
    order = ledger.open(Order(name="long", medium="cities.flac", source="raw"))
    for death in range(DEATHS):
        spool.start(crash_at="window.recorded:2")
        if not death:
            order.job_id = spool.post(sent_media / "cities.flac", title="long")
        assert spool.await_death(60) == -signal.SIGKILL
    spool.start()
    job = spool.ended(str(order.job_id))
    assert (job["status"], job["attempts"]) == ("Completed", DEATHS + 1)
    found = check(spool, ledger, world, golden)
    assert found.violations == []
    windows = golden["cities.flac"].count("Window")
    assert found.windows == windows
    again = [number for number, n in Counter(_numbers(spool)).items() if n > 1]
    assert len(again) <= DEATHS, "only what was under way at a death"


def _numbers(spool: Spool) -> list[int]:
    return [line["number"] for line in computed(spool.notes)]
