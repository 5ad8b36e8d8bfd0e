"""A service that dies over a picture begins where it was: it finds all, and nothing twice."""

import signal
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.faults.level import index_differs
from tests.faults.spool import Spool
from tests.pictures import page

WORDS = "Lighthouse repairs"


@pytest.mark.timeout(240)
@pytest.mark.parametrize(
    "points", [("picture.begun", "picture.begun", "picture.kept"), ("index.before", "index.marked")]
)
def test_killed_at_every_point_of_a_picture_it_is_found_once_by_its_words(
    make_spool: Callable[..., Spool], tmp_path: Path, points: tuple[str, ...]
) -> None:
    spool = make_spool(APP__PICTURES__OCR="true")
    job_id = ""
    for point in points:
        spool.start(crash_at=point)
        job_id = job_id or spool.post(page(tmp_path / "slide.png", [WORDS]))
        assert spool.await_death(90) == -signal.SIGKILL, point
    spool.start()
    job = spool.ended(job_id)
    assert (job["status"], job["attempts"], job["warnings"]) == ("Completed", len(points) + 1, [])
    answer = spool.http.get("/api/v1/search", params={"q": "lighthouse", "mode": "keyword"}).json()
    assert [(hit["asset_id"], hit["text"]) for hit in answer["hits"]] == [(job_id, WORDS)]
    assert (spool.data / "thumbnails" / f"{job_id}.jpg").is_file()
    with sqlite3.connect(spool.data / "spool.db") as database:
        [revision] = database.execute("SELECT revision FROM assets").fetchone()
    assert revision == 1  # kept once, however often it died behind that
    assert spool.stop() == 0
    assert index_differs(spool.data) == []
