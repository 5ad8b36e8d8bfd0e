"""Processes die in the middle of work; jobs do not."""

import os
import signal
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile

from tests.e2e.conftest import Server
from tests.media import word_error_rate, write_sound

TINY = {"APP__TRANSCRIPTION__MODEL": "tiny.en", "APP__SEARCH__BACKEND": "onnx"}


@pytest.fixture
def long_speech(two_cities: Path, tmp_path: Path) -> Path:
    """About two minutes: half a dozen windows."""
    clip, rate = soundfile.read(two_cities)
    return write_sound(tmp_path / "long.flac", np.tile(clip, 3), rate)


def in_the_middle(server: Server, job_id: str) -> None:
    """Until at least one window is committed and others are not."""
    while True:
        job = server.job(job_id, wait=0.1)
        assert not job["finished_at"], "over before anything could be harmed"
        if 0.1 < job["progress"] < 0.9:
            return


def test_a_killed_worker_costs_one_attempt_of_one_job(
    own_server: Callable[..., Server], long_speech: Path, two_cities_text: str
) -> None:
    server = own_server(**TINY)
    server.start()
    server.until_ready()
    # who asks otherwise shares no call: of a shared one nobody knows who is at fault, and none pays
    jobs = [server.ingest(long_speech, word_timestamps=asked) for asked in ("true", "false")]
    in_the_middle(server, jobs[0])
    os.kill(server.worker_pids()[0], signal.SIGKILL)
    ended = [server.ended(job_id) for job_id in jobs]
    assert [job["status"] for job in ended] == ["Completed", "Completed"]
    assert sorted(job["attempts"] for job in ended) == [1, 2]
    [harmed] = [job for job in ended if job["attempts"] == 2]
    assert harmed["history"][0]["error_code"] == "engine.crashed"
    assert "SIGKILL" in harmed["history"][0]["error_message"]
    texts = {server.completed(job_id)["transcript"] for job_id in jobs}
    assert len(texts) == 1, "the job that was tried again reads like the one that was not"
    assert word_error_rate(" ".join([two_cities_text] * 3), texts.pop()) < 0.1


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_a_stopped_service_goes_on_where_it_was(
    own_server: Callable[..., Server], long_speech: Path, number: signal.Signals
) -> None:
    server = own_server(**TINY)
    server.start()
    server.until_ready()
    job_id = server.ingest(long_speech)
    in_the_middle(server, job_id)
    status = server.stop(number)
    assert status == (0 if number == signal.SIGTERM else -signal.SIGKILL)
    server.start()
    job = server.ended(job_id)
    assert job["status"] == "Completed"
    # a shutdown gives the attempt back, a crash does not
    assert job["attempts"] == (1 if number == signal.SIGTERM else 2)
    assert server.completed(job_id)["segments"]


def test_a_wrong_setting_stops_the_start_and_is_named(own_server: Callable[..., Server]) -> None:
    server = own_server(APP__SERVER__PORT="many")
    with pytest.raises(AssertionError, match=r"ended with 1:\n.*app\.server\.port"):
        server.start()


def test_a_setting_that_does_not_exist_stops_the_start_and_is_named(
    own_server: Callable[..., Server],
) -> None:
    server = own_server(APP__SERVER__PROT="8000")
    with pytest.raises(AssertionError, match=r"ended with 1:\n.*app\.server\.prot"):
        server.start()


def test_a_second_service_on_the_same_folder_refuses_to_start(
    own_server: Callable[..., Server],
) -> None:
    first, second = own_server(**TINY), own_server(**TINY)
    first.start()
    with pytest.raises(AssertionError, match=r"ended with 1:\n(.*\n)*.*another Spool is running"):
        second.start()
    assert first.health()["status"] == "ok"
