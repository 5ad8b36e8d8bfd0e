"""INV: what must hold after every fault, checked from outside.

First over HTTP, once the service has been started again and has nothing left to do; then it is
stopped, and its files are read.
"""

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from app.domain.jobs import LATE_WARNINGS
from tests.faults import stored
from tests.faults.ledger import POISONED, Ledger, Order
from tests.faults.level import index_differs
from tests.faults.outside import Outside
from tests.faults.polling import NeverCame, until
from tests.faults.spool import Spool

DRAINED_WITHIN = 180.0  # seconds
TOLD_WITHIN = 60.0  # seconds for webhooks that are owed
INDEXED_WITHIN = 60.0  # seconds
MAX_ERRORS, MAX_CRASHES, MAX_DEATHS = 5, 3, 3
ENDS = {"Completed", "Failed", "Cancelled"}


@dataclass
class Findings:
    violations: list[str] = field(default_factory=list)
    #: Jobs that only the killer made dead letters, and that completed when they were replayed.
    replayed: int = 0
    #: Jobs whose moments met the fault, and were written when the job was sent on once more.
    late: int = 0
    jobs: int = 0
    windows: int = 0

    def say(self, what: str) -> None:
        self.violations.append(what)


def check(spool: Spool, ledger: Ledger, world: Outside, golden: dict[str, str]) -> Findings:
    """The service must be up, and no client busy. It is stopped when this returns."""
    found = Findings(violations=list(ledger.wrong))
    try:
        settle(spool, ledger, found)
    except NeverCame as error:
        found.say(f"{error}; log: {spool.log()[-1500:]}")
        spool.kill()
        return found
    _check_jobs(spool, ledger, golden, found)
    _check_processes(spool, found, "processes of an earlier run")
    if (status := spool.stop()) != 0:
        found.say(f"SIGTERM ended it with {status}: {spool.log()[-1500:]}")
    _check_processes(spool, found, "processes that outlived the service")
    check_files(spool, ledger, world, found)
    return found


def settle(spool: Spool, ledger: Ledger, found: Findings) -> None:
    """Until nothing is left to do. What only the killer made a dead letter is sent on again."""
    until(spool.is_ready, DRAINED_WITHIN, "ready")
    spool.drain(DRAINED_WITHIN)
    if _unlucky(spool, ledger):
        found.replayed += len(_unlucky(spool, ledger))
        replayed = spool.http.post("/api/v1/dead-letters/replay").json()["replayed"]
        for order in ledger.kept():
            order.reopened += order.job_id in replayed
        spool.drain(DRAINED_WITHIN)
    _retry_late(spool, ledger, found)
    until(lambda: not _owed(spool), TOLD_WITHIN, "all webhooks delivered")
    until(lambda: not stored.unindexed(spool.data), INDEXED_WITHIN, "all completed jobs indexed")
    for job_id in _searchable(spool, ledger):
        _await_found(spool, job_id)


def _retry_late(spool: Spool, ledger: Ledger, found: Findings) -> None:
    """A late stage that failed is a warning, and is run again by hand."""
    for order in ledger.kept():
        job = spool.job(str(order.job_id))
        if LATE_WARNINGS.intersection(warning["code"] for warning in job["warnings"]):
            spool.http.post(f"/api/v1/jobs/{order.job_id}/retry").raise_for_status()
            order.reopened += 1
            found.late += 1
    spool.drain(DRAINED_WITHIN)


def _unlucky(spool: Spool, ledger: Ledger) -> list[str]:
    fates = {order.job_id: order.fate for order in ledger.kept()}
    letters = spool.http.get("/api/v1/dead-letters?limit=200").json()["jobs"]
    return [
        job["job_id"]
        for job in letters
        if fates.get(job["job_id"], POISONED) != POISONED and job["error"]["code"] == "interrupted"
    ]


def _owed(spool: Spool) -> list[Any]:
    answer = spool.http.get("/api/v1/webhooks/deliveries?state=pending").json()
    return list(answer["deliveries"])


def _check_jobs(spool: Spool, ledger: Ledger, golden: dict[str, str], found: Findings) -> None:
    for order in ledger.acknowledged():
        answer = spool.http.get(f"/api/v1/jobs/{order.job_id}")
        if order.deleted:
            if answer.status_code != 404:
                found.say(f"{_named(order)} was deleted, and is {answer.status_code}")
            continue
        found.jobs += 1
        if answer.status_code != 200:
            found.say(f"{_named(order)} is lost: {answer.status_code} {answer.text[:200]}")
            continue
        _check_end(spool, order, answer.json(), golden, found)


def _check_end(
    spool: Spool, order: Order, job: dict[str, Any], golden: dict[str, str], found: Findings
) -> None:
    status, code = job["status"], (job["error"] or {}).get("code")
    if status not in ENDS or (status == "Cancelled" and not order.cancel_asked):
        found.say(f"{_named(order)} ended {status}")
    elif status == "Failed" and order.fate == "completes":
        found.say(f"{_named(order)} failed: {job['error']} {job['history']}")
    elif status == "Failed" and order.fate == "unreadable" and code != "media.unreadable":
        found.say(f"{_named(order)} failed as {code}")
    elif status == "Failed" and job["dead_letter"] != (order.fate == POISONED):
        found.say(f"{_named(order)}: dead_letter is {job['dead_letter']}: {job['error']}")
    elif status == "Completed" and order.fate != "completes":
        found.say(f"{_named(order)} completed")
    elif (
        status == "Completed" and (text := spool.transcript(job["job_id"])) != golden[order.medium]
    ):
        found.say(f"{_named(order)} reads {text!r}")


def _searchable(spool: Spool, ledger: Ledger) -> list[str]:
    """What completed with words, newest first, as a lost index is filled."""
    good = [str(order.job_id) for order in ledger.kept() if order.fate == "completes"]
    return [job_id for job_id in reversed(good) if spool.job(job_id)["status"] == "Completed"]


def _await_found(spool: Spool, job_id: str) -> None:
    until(lambda: _is_found(spool, job_id), INDEXED_WITHIN, f"{job_id} is found")


def _is_found(spool: Spool, job_id: str) -> bool:
    asked = {"q": "window sample", "mode": "keyword", "asset_id": job_id}
    answer = spool.http.get("/api/v1/search", params=asked)
    return bool(answer.status_code == 200 and answer.json()["hits"])


def _check_processes(spool: Spool, found: Findings, whose: str) -> None:
    try:
        spool.await_no_orphans()
    except NeverCame as error:
        found.say(f"{whose}: {error}")


def check_files(spool: Spool, ledger: Ledger, world: Outside, found: Findings) -> None:
    """Of a service that has been stopped."""
    with stored.database(spool.data) as database:
        found.violations += stored.damage(database)
        _check_rows(database, ledger, found)
        _check_webhooks(database, ledger, world, found)
        found.violations += stored.computed_again(database, spool.notes)
        found.windows = database.execute("SELECT count(*) FROM windows").fetchone()[0]
        found.violations += stored.stray_files(database, spool.data)
        found.violations += index_differs(spool.data)
        media = {str(order.job_id): world.folder / order.medium for order in ledger.kept()}
        found.violations += stored.changed_uploads(database, spool.data, media)


def _check_rows(database: Any, ledger: Ledger, found: Findings) -> None:
    """No job twice, none that nobody sent, no budget overdrawn."""
    rows = database.execute(
        "SELECT job_id, json_extract(options, '$.title') AS title, errors, crashes, deaths,"
        " attempts, (SELECT count(*) FROM attempts a WHERE a.job_id = jobs.job_id) AS history,"
        " (SELECT count(*) FROM attempts a WHERE a.job_id = jobs.job_id AND ended_at IS NULL)"
        " AS unended, media_type FROM jobs"
    ).fetchall()
    titles = Counter(row["title"] for row in rows if row["media_type"] != "keyframe")
    names = {order.name for order in ledger.orders}
    found.violations += [f"{title} is there {n} times" for title, n in titles.items() if n > 1]
    found.violations += [f"{title} was never sent" for title in titles if title not in names]
    for row in rows:
        budgets = row["errors"] <= MAX_ERRORS and row["crashes"] <= MAX_CRASHES
        if not budgets or row["deaths"] > MAX_DEATHS:
            found.say(f"over budget: {dict(row)}")
        if row["attempts"] != row["history"] or row["unended"]:
            found.say(f"attempts and their history differ: {dict(row)}")


def _check_webhooks(database: Any, ledger: Ledger, world: Outside, found: Findings) -> None:
    """Exactly one for each end; a job that was sent on again has ended more than once."""
    rows = database.execute("SELECT job_id, delivery_id, state FROM deliveries").fetchall()
    owed = Counter(row["job_id"] for row in rows)
    for order in ledger.kept():
        number = owed.pop(str(order.job_id), 0)
        most = 1 + order.reopened if order.webhook else 0
        if not bool(order.webhook) <= number <= most:
            found.say(f"{_named(order)} has {number} webhooks, not 1 to {most}")
    found.violations += [f"webhooks of an unknown job {job_id}" for job_id in owed]
    for row in rows:
        if row["state"] != "delivered" or not world.received[row["delivery_id"]]:
            found.say(f"the webhook {row['delivery_id']} is {row['state']}")


def _named(order: Order) -> str:
    return f"{order.job_id} ({order.medium} by {order.source}, {order.prompt or 'plain'})"
