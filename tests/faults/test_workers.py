"""Workers die, hang and run out of memory; each hurts only the window that it had in hand."""

from collections.abc import Callable
from pathlib import Path

import pytest

from app.domain.errors import EngineCrashed, EngineHung, EngineOutOfMemory
from tests.faults.engine import computed
from tests.faults.spool import Spool

GOOD_JOBS = 12
#: What the attempt's history must say of each.
TOLD = {
    "segv": (EngineCrashed.code, -11),
    "abrt": (EngineCrashed.code, -6),
    "exit": (EngineCrashed.code, 3),
    "oom": (EngineOutOfMemory.code, None),
    "hang": (EngineHung.code, -9),
    "stop": (EngineHung.code, -9),
}


@pytest.mark.timeout(150)
def test_crashing_jobs_do_no_harm_to_the_good_jobs_among_them(
    spool: Spool, sent_media: Path, golden: dict[str, str]
) -> None:
    spool.start()
    bad = {kind: spool.post(sent_media / "short.wav", prompt=f"fault={kind}:1") for kind in TOLD}
    good = [spool.post(sent_media / "short.wav") for _ in range(GOOD_JOBS)]
    for job_id in good:
        job = spool.ended(job_id)
        assert (job["status"], job["attempts"]) == ("Completed", 1), job
        assert spool.transcript(job_id) == golden["short.wav"]
    for kind, job_id in bad.items():
        job = spool.ended(job_id)
        assert (job["status"], job["attempts"]) == ("Completed", 2), job
        first = job["history"][0]
        assert (first["error_code"], first["exit_status"]) == TOLD[kind], job["history"]
        assert spool.transcript(job_id) == golden["short.wav"]
    assert spool.health()["workers"]["busy"] == 0
    assert spool.stop() == 0
    spool.await_no_orphans()


@pytest.mark.timeout(120)
def test_poison_is_a_dead_letter_after_three_crashes_and_completes_once_replayed(
    make_spool: Callable[..., Spool], sent_media: Path, golden: dict[str, str]
) -> None:
    spool = make_spool()
    spool.start()
    poison = spool.post(sent_media / "short.wav", prompt="fault=segv:3")
    good = [spool.post(sent_media / "short.wav") for _ in range(4)]
    job = spool.ended(poison)
    assert (job["status"], job["dead_letter"], job["attempts"]) == ("Failed", True, 3), job
    assert [attempt["exit_status"] for attempt in job["history"]] == [-11, -11, -11]
    assert all(attempt["last_lines"] for attempt in job["history"]), "no last words"
    assert {spool.ended(job_id)["status"] for job_id in good} == {"Completed"}
    assert spool.health()["dead_letters"] == 1
    spool.http.post("/api/v1/dead-letters/replay").raise_for_status()
    assert spool.ended(poison)["status"] == "Completed"
    assert spool.transcript(poison) == golden["short.wav"]
    assert spool.health()["dead_letters"] == 0


def test_a_crash_costs_no_window_that_was_finished(
    spool: Spool, sent_media: Path, golden: dict[str, str]
) -> None:
    spool.start()
    job_id = spool.post(sent_media / "cities.flac", prompt="fault=error:4 slow=0.05")
    assert spool.ended(job_id)["status"] == "Completed"
    assert spool.transcript(job_id) == golden["cities.flac"]
    windows = golden["cities.flac"].count("Window")
    assert len(computed(spool.notes)) <= windows + 4, "only windows that failed were begun twice"
