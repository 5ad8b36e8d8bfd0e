"""A job is cancelled at every stage of its life: its worker is free, its files go with it."""

from pathlib import Path

import pytest

from tests.faults.invariants import Findings, check_files
from tests.faults.ledger import Ledger, Order
from tests.faults.outside import Outside
from tests.faults.polling import until
from tests.faults.spool import Spool

FREE_WITHIN = 20.0  # seconds; far more than the 5 that are promised, for busy machines
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
