"""The power is cut under load. The long form is `scripts/chaos --only power`."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.faults.invariants import check
from tests.faults.ledger import Ledger
from tests.faults.outside import Outside
from tests.faults.power import cut, plugged_in
from tests.faults.spool import Spool

SEED = 3


@pytest.mark.timeout(150)
def test_nothing_is_lost_when_the_power_is_cut(
    make_spool: Callable[..., Spool],
    tmp_path: Path,
    ledger: Ledger,
    world: Outside,
    golden: dict[str, str],
) -> None:
    plugging = plugged_in(tmp_path / "power")
    try:
        image = plugging.__enter__()
    except OSError as error:
        pytest.skip(f"no disk image can be mounted here: {error}")
    try:
        spool = make_spool(data=image.mount / "data")
        cut(spool, ledger, world, image, SEED, longest=6.0)
        found = check(spool, ledger, world, golden)
        assert found.violations == []
        assert found.late == 0, "an index or embedding failed for no reason of its own"
        assert found.jobs
    finally:
        plugging.__exit__(None, None, None)
