"""Workers crash, hang and run out of memory, among jobs that do no harm."""

from itertools import cycle, islice

from scripts.chaos_report import Lab, Round, Tally, say
from tests.faults.invariants import check
from tests.faults.ledger import Order
from tests.faults.spool import Spool

KINDS = ("segv", "abrt", "oom", "hang")
GOOD = 100  # jobs
MEDIUM = "short.wav"
WITHIN = 900.0  # seconds
BOUND = "2"  # seconds for a window before it counts as hung


def crashes(lab: Lab, number: int) -> Tally:
    """crashes of workers (SEGV, ABRT, OOM, hang) among 100 good jobs"""
    tally = Tally("crashes")
    with lab.round(SPOOL_FAULTS_BOUND=BOUND) as each:
        each.spool.start()
        bad = list(islice(cycle(KINDS), number))
        good = [_send(each, lab, "none") for _ in range(GOOD // 2)]
        bad_orders = [_send(each, lab, f"fault={kind}:1") for kind in bad]
        good += [_send(each, lab, "none") for _ in range(GOOD - len(good))]
        each.spool.drain(WITHIN)
        done = [order for order in good if _ended_well(each.spool, order, attempts=1)]
        healed = [order for order in bad_orders if _ended_well(each.spool, order, attempts=2)]
        tally.tried["worker crashes"] = len(bad)
        tally.tried["good jobs done at the first attempt"] = len(done)
        tally.tried["jobs done that crashed once"] = len(healed)
        found = check(each.spool, each.ledger, each.world, lab.golden)
        if len(done) < len(good) or len(healed) < len(bad_orders):
            found.say(f"{len(done)} of {len(good)} and {len(healed)} of {len(bad_orders)} done")
        tally.add(f"seed {each.seed}", found, each.ledger)
        say(f"crashes: {len(bad)}, {len(tally.violations)} violations")
    return tally


def _send(each: Round, lab: Lab, prompt: str) -> Order:
    name = f"job {len(each.ledger.orders)}"
    order = each.ledger.open(Order(name=name, medium=MEDIUM, source="raw", prompt=prompt))
    order.job_id = each.spool.post(lab.media / MEDIUM, title=name, prompt=prompt)
    return order


def _ended_well(spool: Spool, order: Order, *, attempts: int) -> bool:
    job = spool.job(str(order.job_id))
    return bool(job["status"] == "Completed" and job["attempts"] == attempts)
