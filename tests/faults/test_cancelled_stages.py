"""A job is cancelled at every stage of its life: its worker is free, its files go with it."""

from datetime import datetime
from pathlib import Path

import psutil
import pytest

from tests.faults.engine import computed
from tests.faults.invariants import Findings, check_files
from tests.faults.ledger import Ledger, Order
from tests.faults.outside import Outside
from tests.faults.polling import until
from tests.faults.spool import Spool

FREE_WITHIN = 20.0  # seconds; for our looks at a busy machine, the promise is `STOPS_WITHIN`
STOPS_WITHIN = 5.0  # seconds, by the service's own clock
MOMENTS = ("Pending", "MediaExtraction", "Transcribing", "Embedding", "hanging")


@pytest.mark.timeout(120)
def test_a_cancelled_job_is_nobodys_and_frees_its_place(
    spool: Spool, sent_media: Path, ledger: Ledger, world: Outside
) -> None:
    spool.start(SPOOL_FAULTS_BOUND="600")
    until(spool.is_ready, 60, "ready")
    for moment in MOMENTS:
        order = _sent(spool, ledger, sent_media, moment)
        _await(spool, str(order.job_id), moment)
        answer = spool.http.post(f"/api/v1/jobs/{order.job_id}/cancel")
        assert answer.status_code in (200, 409), answer.text
        until(lambda: spool.health()["queue"]["running"] == 0, FREE_WITHIN, "a free place")
        if answer.status_code == 200:
            assert spool.job(str(order.job_id))["status"] == "Cancelled"
    after = ledger.open(Order(name="after", medium="short.wav", source="raw"))
    after.job_id = spool.post(sent_media / "short.wav", title="after")
    assert spool.ended(after.job_id)["status"] == "Completed"
    assert spool.stop() == 0
    spool.await_no_orphans()
    found = Findings()
    check_files(spool, ledger, world, found)
    assert found.violations == []


@pytest.mark.timeout(120)
def test_an_engine_that_hangs_is_stopped_within_5_s_of_the_cancel_and_its_place_is_taken(
    spool: Spool, sent_media: Path
) -> None:
    """Both times are the service's own: no look of ours, however late, is between them."""
    spool.start(SPOOL_FAULTS_BOUND="600", APP__INGESTION__MAX_CONCURRENT_JOBS="1")
    until(spool.is_ready, 60, "ready")
    hanging = spool.post(sent_media / "cities.flac", prompt="fault=hang")
    until(lambda: _workers_of(spool, hanging), 60, "a window under way")
    waiting = spool.post(sent_media / "short.wav")
    assert spool.job(waiting)["status"] == "Pending"
    at_work = _workers_of(spool, hanging)
    answer = spool.http.post(f"/api/v1/jobs/{hanging}/cancel")
    assert answer.status_code == 200, answer.text
    until(lambda: not any(map(psutil.pid_exists, at_work)), FREE_WITHIN, "an end of its workers")
    job = spool.ended(waiting)
    assert job["status"] == "Completed"
    assert not at_work & _workers_of(spool, waiting)
    cancelled_at = datetime.fromisoformat(answer.json()["finished_at"])
    taken_at = datetime.fromisoformat(job["history"][0]["started_at"])
    assert (taken_at - cancelled_at).total_seconds() <= STOPS_WITHIN
    assert spool.stop() == 0


def _workers_of(spool: Spool, job_id: str) -> set[int]:
    """The processes that were given windows of this job."""
    return {line["pid"] for line in computed(spool.notes) if line["job_id"] == job_id}


def _sent(spool: Spool, ledger: Ledger, media: Path, moment: str) -> Order:
    prompt = {"Transcribing": "slow=0.3", "hanging": "fault=hang"}.get(moment, "")
    medium = "cities.flac" if moment != "MediaExtraction" else "video.mp4"
    order = ledger.open(Order(name=moment, medium=medium, source="raw", cancel_asked=True))
    order.job_id = spool.post(media / medium, title=moment, prompt=prompt or "none")
    return order


def _await(spool: Spool, job_id: str, moment: str) -> None:
    """Until the job is there, or was: some stages are over in no time."""
    if moment == "Pending":
        return
    wanted = "Transcribing" if moment == "hanging" else moment

    def has_come() -> bool:
        job = spool.job(job_id)
        return job["finished_at"] is not None or job["status"] == wanted

    until(has_come, 60, moment)
