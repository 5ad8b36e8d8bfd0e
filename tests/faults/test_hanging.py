"""A database server or a bucket that hangs: the service stops in its time, and loses nothing."""

import json
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest

from app.server.last_resort import STOPS_WITHIN
from tests.buckets import Buckets
from tests.faults.engine import computed
from tests.faults.polling import until
from tests.faults.spool import Spool
from tests.postgres import Postgres
from tests.stalling import StallingLine

#: Seconds: a machine that is busy is slow to end processes, too.
STOPPED_WITHIN = 2 * STOPS_WITHIN
BOUND = "60"  # seconds for a window, however slow the machine is
DONE = "SELECT number FROM windows WHERE job_id = %s"


@pytest.fixture
def database(postgres_server: Postgres) -> Iterator[str]:
    url = postgres_server.migrated()
    yield url
    postgres_server.drop(url)


def stopped(spool: Spool) -> int:
    assert spool.process is not None
    spool.process.terminate()
    return spool.await_death(STOPPED_WITHIN)


def finished_windows(url: str, job_id: str) -> set[int]:
    """That are committed."""
    with psycopg.connect(url) as connection:
        return {number for (number,) in connection.execute(DONE, (job_id,))}


@pytest.mark.timeout(300)
def test_it_stops_though_the_database_hangs_and_what_is_committed_is_done_once(
    postgres_server: Postgres, database: str, make_spool: Callable[..., Spool], sent_media: Path
) -> None:
    """It used to wait for an answer for ever."""
    with postgres_server.stalling(database) as (url, line):
        spool = make_spool(APP__STORAGE__DATABASE_URL=url, SPOOL_FAULTS_BOUND=BOUND)
        spool.start()
        job_id = spool.post(sent_media / "cities.flac", prompt="slow=0.5")
        until(lambda: len(finished_windows(database, job_id)) > 1, 60, "windows that are done")
        line.stall()
        until(lambda: bool(line.held), 60, "a question without an answer")
        assert stopped(spool) == 0, spool.log()[-2000:]
        assert "the database does not answer" in spool.log()
        spool.await_no_orphans()
        kept = finished_windows(database, job_id)
        line.go_on()
        spool.start()
        job = spool.ended(job_id)
        assert job["status"] == "Completed", job
        times = Counter(each["number"] for each in computed(spool.notes))
        assert {times[number] for number in kept} == {1}
        assert spool.stop() == 0


@pytest.mark.timeout(300)
@pytest.mark.parametrize("where", ["file", "index"])
def test_it_stops_though_the_bucket_hangs_and_the_job_goes_on_then(
    s3_server: Buckets, make_spool: Callable[..., Spool], sent_media: Path, where: str
) -> None:
    """It used to take as long as a request: 150 s."""
    with s3_server.stalling() as (options, line):
        spool = make_spool(
            APP__STORAGE__FILES_URL=s3_server.made(),
            APP__STORAGE__STORE_OPTIONS=json.dumps(options),
            SPOOL_FAULTS_BOUND=BOUND,
        )
        if where == "file":
            spool.settings["APP__STORAGE__INDEX_URI"] = str(spool.data / "index")
        spool.start()
        until(spool.is_ready, 60, "all of it")
        job_id = spool.post(sent_media / "cities.flac", prompt="slow=0.5")
        until(lambda: spool.job(job_id)["progress"] > 0.1, 60, "work under way")
        line.stall()
        until(lambda: hangs(line, spool, job_id, where), 60, "a request that hangs")
        assert stopped(spool) == 0, spool.log()[-2000:]
        spool.await_no_orphans()
        line.go_on()
        spool.start()
        job = spool.ended(job_id)
        assert (job["status"], job["attempts"]) == ("Completed", 1), "it was given back"
        assert spool.stop() == 0


def hangs(line: StallingLine, spool: Spool, job_id: str, where: str) -> bool:
    """A request of the job."""
    if where == "index":
        return bool(line.held) and bool(spool.job(job_id)["status"] == "Embedding")
    return any(block.startswith(b"PUT") and job_id.encode() in block for block in line.held)
