"""The real engine on real speech: a killed service goes on where it was, word for word."""

import os
import random
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from tests.faults.cases import tiled
from tests.faults.polling import until
from tests.faults.spool import Spool

#: `SPOOL_FAULTS_LONG=1`: ten minutes and five kills; else a minute and a half and two.
LONG = bool(os.environ.get("SPOOL_FAULTS_LONG"))
TILES, KILLS = (14, 5) if LONG else (2, 2)
SEED = 10
WITHIN = 900.0  # seconds
REAL = {
    "SPOOL_FAULTS_ENGINE": "real",
    "APP__TRANSCRIPTION__MODEL": "tiny.en",
    "APP__TRANSCRIPTION__MAX_WINDOW": "20" if LONG else "10",
}
Rows = dict[int, tuple[str, str]]


@pytest.mark.timeout(1800)
@pytest.mark.parametrize("provider", ["faster_whisper", "whisper_cpp"])
def test_a_long_file_survives_kills_without_computing_a_window_twice(
    make_spool: Callable[..., Spool], two_cities: Path, tmp_path: Path, provider: str
) -> None:
    medium = tiled(two_cities, tmp_path / "long.flac", TILES)
    settings = REAL | {"APP__TRANSCRIPTION__PROVIDER": provider}
    unbroken, spool = make_spool(**settings), make_spool(**settings)
    unbroken.start()
    whole = unbroken.post(medium)
    assert unbroken.ended(whole, WITHIN)["status"] == "Completed"
    windows = len(_windows(unbroken))
    chance = random.Random(SEED)
    spool.start()
    job_id = spool.post(medium)
    for number in range(KILLS):
        share = (number + chance.random()) / KILLS  # of the windows, somewhere in its part
        # two batches of four may be finished as one window more is waited for
        least = min(windows - 9, max(1, round(share * (windows - 9)))) if LONG else 1 + number
        _await_windows(spool, least)
        spool.kill()
        before = _windows(spool)
        assert len(before) < windows, "over before it was killed"
        spool.start()
        _await_windows(spool, len(before) + 1)
        after = _windows(spool)
        assert {number: after[number] for number in before} == before, "a row was written anew"
    job = spool.ended(job_id, WITHIN)
    assert job["status"] == "Completed", job["error"]
    assert job["attempts"] == KILLS + 1
    assert len(_windows(spool)) == windows
    assert spool.transcript(job_id) == unbroken.transcript(whole)
    assert _segments(spool, job_id) == _segments(unbroken, whole)


def _await_windows(spool: Spool, number: int) -> None:
    until(lambda: len(_windows(spool)) >= number, WITHIN, f"{number} windows")


def _windows(spool: Spool) -> Rows:
    """By number: when it was committed, and what it reads."""
    with closing(sqlite3.connect(f"file:{spool.data / 'spool.db'}?mode=ro", uri=True)) as database:
        rows = database.execute("SELECT number, recorded_at, result FROM windows").fetchall()
    assert len(rows) == len({row[0] for row in rows})
    return {number: (recorded_at, result) for number, recorded_at, result in rows}


def _segments(spool: Spool, job_id: str) -> object:
    return spool.http.get(f"/api/v1/jobs/{job_id}/result").json()["segments"]
