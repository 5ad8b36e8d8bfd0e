"""SIGTERM under load, twice; and a service that runs out of file descriptors."""

import os
import resource
import signal
import socket
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

import httpx2
import pytest

from tests.faults import processes
from tests.faults.invariants import check
from tests.faults.ledger import Ledger, Order
from tests.faults.load import Load
from tests.faults.outside import Outside
from tests.faults.polling import until
from tests.faults.spool import STOP_WITHIN, Spool

SPARE = 24  # file descriptors that are left
FLOOD = 64  # connections
STOPS = 3


@pytest.mark.timeout(180)
def test_stops_under_load_end_well_and_cost_no_attempt(
    spool: Spool, ledger: Ledger, world: Outside, golden: dict[str, str]
) -> None:
    with Load(spool, ledger, world, seed=3) as load:
        load.wish.lean = load.wish.lean.without_faults()
        for number in range(STOPS):
            spool.start()
            until(lambda: spool.health()["jobs"]["running"] > 0, 60, "work under way")
            os.kill(spool.pid, signal.SIGTERM)
            if number % 2:
                os.kill(spool.pid, signal.SIGTERM)
            assert spool.await_death(STOP_WITHIN) == 0, spool.log()[-2000:]
            spool.await_no_orphans()
        spool.start()
    jobs = [spool.job(str(order.job_id)) for order in ledger.kept()]
    interrupted = [job for job in jobs if any(a["error_code"] for a in job["history"])]
    wrong = [job for job in interrupted if job["history"][0]["error_code"] != "cancelled"]
    assert [job for job in wrong if job["error"] is None] == [], "an attempt was lost by a stop"
    assert check(spool, ledger, world, golden).violations == []


def test_a_stop_of_the_whole_group_costs_no_attempt(
    spool: Spool, ledger: Ledger, world: Outside, golden: dict[str, str], sent_media: Path
) -> None:
    """As systemd does it by default, and a terminal that is closed: all processes get it."""
    spool.start()
    order = ledger.open(Order(name="long", medium="cities.flac", source="raw"))
    order.job_id = spool.post(sent_media / "cities.flac", title="long", prompt="slow=0.3")
    until(lambda: spool.job(str(order.job_id))["progress"] > 0.2, 60, "windows done")
    for pid in processes.all_of(spool.run, spool.data):
        os.kill(pid, signal.SIGTERM)
    assert spool.await_death(STOP_WITHIN) == 0
    spool.start()
    job = spool.ended(str(order.job_id))
    assert (job["status"], job["attempts"]) == ("Completed", 1), job["history"]
    assert check(spool, ledger, world, golden).violations == []


@pytest.mark.timeout(150)
def test_a_service_out_of_descriptors_refuses_and_recovers(
    spool: Spool, ledger: Ledger, world: Outside, golden: dict[str, str], sent_media: Path
) -> None:
    spool.start()
    until(spool.is_ready, 60, "ready")
    order = ledger.open(Order(name="before", medium="cities.flac", source="raw"))
    order.job_id = spool.post(sent_media / "cities.flac", title="before", prompt="slow=0.2")
    until(lambda: spool.job(str(order.job_id))["progress"] > 0.2, 60, "workers at work")
    whole = resource.prlimit(spool.pid, resource.RLIMIT_NOFILE)
    few = len(list(Path(f"/proc/{spool.pid}/fd").iterdir())) + SPARE
    resource.prlimit(spool.pid, resource.RLIMIT_NOFILE, (few, whole[1]))
    with ExitStack() as lines:
        for _ in range(FLOOD):
            lines.enter_context(socket.create_connection(("127.0.0.1", spool.port), timeout=5))
        ledger.open(Order(name="between", medium="short.wav", source="raw"))
        _send_whatever_comes(spool, sent_media)
        assert not spool.is_dead()
    until(spool.answers, 60, "it answers again")
    after = ledger.open(Order(name="after", medium="short.wav", source="raw"))
    _until_taken(spool, after, sent_media)
    for each in (after, order):
        job = spool.ended(str(each.job_id))
        assert job["status"] == "Completed", (job["error"], job["history"])
    resource.prlimit(spool.pid, resource.RLIMIT_NOFILE, whole)
    assert check(spool, ledger, world, golden).violations == []


def _send_whatever_comes(spool: Spool, media: Path) -> None:
    """A refusal, or no answer at all; but never one that says it is in."""
    body = (media / "short.wav").read_bytes()
    with httpx2.Client(base_url=spool.url, timeout=3.0) as client:
        try:
            answer = client.post("/api/v1/ingest?filename=a.wav&title=between", content=body)
        except httpx2.TransportError:
            return
    assert answer.status_code in (500, 503, 507), answer.text


def _until_taken(spool: Spool, order: Order, media: Path) -> None:
    def taken() -> bool:
        try:
            order.job_id = spool.post(media / order.medium, title=order.name)
        except (AssertionError, httpx2.TransportError):
            return False
        return True

    until(taken, 60, "it takes jobs in again")


def test_fifty_requests_under_one_key_make_one_job(
    make_spool: Callable[..., Spool], sent_media: Path
) -> None:
    spool = make_spool()
    spool.start()
    body = (sent_media / "short.wav").read_bytes()

    def send(_: int) -> tuple[int, str]:
        answer = httpx2.post(
            f"{spool.url}/api/v1/ingest?filename=a.wav",
            content=body,
            headers={"Idempotency-Key": "one"},
            timeout=60.0,
        )
        return answer.status_code, answer.json()["job_id"]

    with ThreadPoolExecutor(10) as clients:
        answers = set(clients.map(send, range(50)))
    assert len(answers) == 1
    assert len(spool.http.get("/api/v1/jobs").json()["jobs"]) == 1
    other = spool.http.post(
        "/api/v1/ingest?filename=a.wav", content=body[:-2], headers={"Idempotency-Key": "one"}
    )
    assert other.status_code == 422
    assert spool.stop() == 0
    assert len(list((spool.data / "audio_jobs").iterdir())) == 1, "copies of the same bytes"
