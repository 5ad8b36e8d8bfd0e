"""The power is cut, as far as one machine can do that to itself; and disks run full."""

import random
import time

from scripts.bench_report import percentile
from scripts.chaos_report import Lab, Round, Tally, say
from tests.faults.filling import fill
from tests.faults.invariants import check
from tests.faults.load import Load
from tests.faults.polling import NeverCame, until
from tests.faults.power import cut, plugged_in
from tests.smalldisk import KiB, MiB, mounted

SMALL = 64 * MiB
FULL_FOR = 6.0  # seconds
LEAVES = (0, 0, 16 * KiB, 64 * KiB, 256 * KiB, MiB)  # bytes that stay free
RECOVERS_WITHIN = 30.0  # seconds
BOLD = {
    "APP__STORAGE__BALLAST": str(4 * MiB),
    "APP__STORAGE__LOW_WATER": str(64 * KiB),
    "APP__STORAGE__HIGH_WATER": str(MiB),
}


def power_cuts(lab: Lab, number: int) -> Tally:
    """simulated power cuts"""
    tally, recoveries = Tally("power"), []
    for turn in range(number):
        with plugged_in(lab.folder / f"power-{turn}") as image:
            with lab.round(data=image.mount / "data") as each:
                seconds = cut(each.spool, each.ledger, each.world, image, each.seed)
                recoveries.append(seconds)
                tally.tried["power cuts"] += 1
                found = check(each.spool, each.ledger, each.world, lab.golden)
                tally.add(f"seed {each.seed}", found, each.ledger)
                say(f"power: cut {turn + 1} of {number}, {len(tally.violations)} violations")
    if recoveries:
        tally.tried["ms to recover, 95 of 100"] = round(percentile(recoveries, 95) * 1000)
    return tally


def full_disks(lab: Lab, number: int) -> Tally:
    """times the disk runs full"""
    tally, recoveries = Tally("disk"), []
    for turn in range(number):
        with mounted(lab.folder / f"small-{turn}", SMALL) as disk:
            with lab.round(data=disk.path / "data", **BOLD) as each:
                chance = random.Random(each.seed)
                leave, dies = chance.choice(LEAVES), chance.random() < 0.3
                with Load(each.spool, each.ledger, each.world, each.seed):
                    each.spool.start()
                    time.sleep(chance.uniform(0.5, 6.0))
                    fill(disk, leave)
                    time.sleep(chance.uniform(1.0, FULL_FOR))
                    if dies:
                        each.spool.kill()
                        each.spool.start()
                    disk.empty()
                    recoveries.append(_recovered(each, tally))
                tally.tried["disks full"] += 1
                tally.tried["of them with a kill -9"] += dies
                found = check(each.spool, each.ledger, each.world, lab.golden)
                tally.add(f"seed {each.seed}, {leave} bytes left", found, each.ledger)
                say(f"disk: {turn + 1} of {number}, {len(tally.violations)} violations")
    if recoveries:
        tally.tried["ms to recover at most"] = round(max(recoveries) * 1000)
    return tally


def _recovered(each: Round, tally: Tally) -> float:
    """Seconds until work goes on."""
    began = time.monotonic()
    try:
        until(lambda: each.spool.health()["disk"] == "ok", RECOVERS_WITHIN, "work goes on")
    except NeverCame as error:
        tally.violations.append(f"seed {each.seed}: {error}")
    return time.monotonic() - began
