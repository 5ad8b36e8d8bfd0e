"""A service that dies over a watched folder takes each file once."""

import signal
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.faults.polling import until
from tests.faults.spool import Spool


@pytest.mark.timeout(240)
def test_killed_as_it_takes_a_file_it_makes_no_second_job(
    make_spool: Callable[..., Spool], tmp_path: Path
) -> None:
    inbox = tmp_path / "inbox"
    inbox.mkdir()
    for name in ("one", "two"):
        (inbox / f"{name}.md").write_text(f"# {name}\n")
    watched = {
        "APP__INGESTION__WATCH_FOLDERS": f'["{inbox}"]',
        "APP__INGESTION__WATCH_SETTLE": "0",
    }
    spool = make_spool(**watched)
    for count in (1, 1):  # committed, but not noted that it was taken
        spool.launch(crash_at=f"submit.committed:{count}")
        assert spool.await_death(90) == -signal.SIGKILL
    spool.start()

    def noted() -> list[str]:
        with sqlite3.connect(spool.data / "spool.db") as database:
            return [row[0] for row in database.execute("SELECT asset_id FROM watched_files")]

    until(lambda: len(noted()) == 2, 60, "notes of both files")
    jobs = spool.http.get("/api/v1/jobs").json()["jobs"]
    assert sorted(job["asset_id"] for job in jobs) == sorted(noted())
    assert len(jobs) == 2
