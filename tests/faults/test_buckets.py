"""Services that keep their files in a bucket, alone and two on one PostgreSQL; one is killed."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.buckets import Buckets
from tests.faults.polling import until
from tests.faults.spool import Spool
from tests.postgres import Postgres

JOBS = 4
TAKEN_OVER_WITHIN = 90.0  # seconds: 30 of silence, 10 until the next look, and the work itself
BOUND = "60"  # seconds for a window: two services at once are slow


@pytest.fixture
def bucket(s3_server: Buckets) -> dict[str, str]:
    return settings_of(s3_server)


@pytest.fixture
def database(postgres_server: Postgres) -> Iterator[str]:
    url = postgres_server.migrated()
    yield url
    postgres_server.drop(url)


def settings_of(server: Buckets) -> dict[str, str]:
    """A bucket of its own."""
    return {
        "APP__STORAGE__FILES_URL": server.made(),
        "APP__STORAGE__STORE_OPTIONS": json.dumps(server.options),
        "SPOOL_FAULTS_BOUND": BOUND,
    }


def works(spool: Spool) -> bool:
    """On a job."""
    return bool(spool.health()["queue"]["running"])


def scratch(spool: Spool) -> list[Path]:
    return [path for path in (spool.data / "scratch").rglob("*") if path.is_file()]


@pytest.mark.timeout(300)
def test_killed_in_mid_work_it_goes_on_with_what_is_in_the_bucket(
    make_spool: Callable[..., Spool], bucket: dict[str, str], sent_media: Path
) -> None:
    spool = make_spool(**bucket)
    spool.start()
    job_id = spool.post(sent_media / "cities.flac", prompt="slow=1")
    until(lambda: works(spool) and scratch(spool), 60, "a copy that is worked on")
    spool.kill()
    assert scratch(spool), "nobody was there to take it away"
    spool.start()
    job = spool.ended(job_id)
    assert job["status"] == "Completed", job
    assert scratch(spool) == []
    kept = spool.http.get(f"/api/v1/media/{job['asset_id']}").content
    assert kept == (sent_media / "cities.flac").read_bytes()


@pytest.mark.timeout(300)
def test_what_one_took_in_another_works_on_and_serves(
    make_spool: Callable[..., Spool], bucket: dict[str, str], database: str, sent_media: Path
) -> None:
    shared = bucket | {"APP__STORAGE__DATABASE_URL": database}
    here, there = make_spool(**shared), make_spool(**shared)
    here.start()
    there.start()
    sent = [
        here.post(sent_media / "short.wav", prompt="slow=1.5", title=f"{number}")
        for number in range(JOBS)
    ]
    until(lambda: works(here), 60, "work at the one that is killed")
    here.kill()
    until(
        lambda: there.health()["jobs"]["completed"] == JOBS, TAKEN_OVER_WITHIN, "an end of all jobs"
    )
    for job_id in sent:
        job = there.job(job_id)
        medium = there.http.get(f"/api/v1/media/{job['asset_id']}")
        assert medium.content == (sent_media / "short.wav").read_bytes()
        assert there.transcript(job_id)


@pytest.mark.timeout(120)
def test_one_with_another_bucket_is_refused(
    make_spool: Callable[..., Spool], s3_server: Buckets, bucket: dict[str, str], database: str
) -> None:
    shared = {"APP__STORAGE__DATABASE_URL": database}
    here = make_spool(**bucket | shared)
    stranger = make_spool(**settings_of(s3_server) | shared)
    here.start()
    stranger.launch()
    assert stranger.await_death(60) != 0
    assert "keeps its files elsewhere" in stranger.log()
    assert here.answers()
