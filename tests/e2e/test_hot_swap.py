"""Engines that come and go while the service runs, with real models."""

import os
from collections.abc import Callable
from pathlib import Path

from tests.e2e.conftest import Server

ENGINES = "/api/v1/engines"
JFK = Path(__file__).parents[1] / "media" / "jfk.flac"


def until(condition: Callable[[], bool]) -> None:
    """Each look asks the server, and so gives it time."""
    for _ in range(100_000):
        if condition():
            return
    raise AssertionError("it never came to that")


def test_another_default_during_20_jobs_loses_none(own_server: Callable[..., Server]) -> None:
    server = own_server(APP__TRANSCRIPTION__MODEL="tiny.en")
    server.start()
    server.until_ready()
    jobs = [server.ingest(JFK) for _ in range(20)]
    until(lambda: server.http.get(ENGINES).json()["leases"] > 0)
    choice = {"provider": "faster_whisper", "model": "base"}
    answer = server.http.put(f"{ENGINES}/default", json=choice)
    assert answer.status_code == 200 and answer.json()["default"] == choice
    jobs.append(server.ingest(JFK))
    used = []
    for job_id in jobs:
        result = server.completed(job_id)
        assert "what you can do for your country" in result["transcript"]
        job = server.job(job_id)
        assert (job["attempts"], job["error"]) == (1, None)
        assert (job["provider"], job["model"]) == (result["provider"], result["model"])
        used.append(result["model"])
    assert used == sorted(used, reverse=True), "each job keeps its engine, later ones have the new"
    assert (used[0], used[-1]) == ("tiny.en", "base")
    assert server.stop() == 0


def test_an_idle_engine_gives_its_processes_back_and_comes_again(
    own_server: Callable[..., Server],
) -> None:
    server = own_server(APP__TRANSCRIPTION__MODEL="tiny.en", APP__TRANSCRIPTION__UNLOAD_AFTER="0.5")
    server.start()
    until(lambda: server.health()["ready"]["engine"] == "idle")
    before = server.worker_pids()
    assert before
    until(lambda: server.http.get(ENGINES).is_success and not any(map(_runs, before)))
    assert "country" in server.completed(server.ingest(JFK))["transcript"]
    assert set(server.worker_pids()) > set(before)
    assert server.stop() == 0


def _runs(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def test_a_stop_waits_for_nobody_who_follows_a_job(own_server: Callable[..., Server]) -> None:
    server = own_server(APP__TRANSCRIPTION__MODEL="tiny.en")
    server.start()
    job_id = server.ingest(JFK)
    with server.http.stream("GET", f"/api/v1/jobs/{job_id}/events") as stream:
        lines = stream.iter_lines()
        first = next(lines)
        assert server.stop() == 0
        rest = list(lines)
    assert first.startswith("id: ")
    assert "timeout graceful shutdown exceeded" not in server.log()
    server.start()
    last = [line.removeprefix("id: ") for line in [first, *rest] if line[:3] == "id:"]
    with server.http.stream(
        "GET", f"/api/v1/jobs/{job_id}/events", headers={"Last-Event-ID": last[-1]}
    ) as stream:
        assert "event: done" in list(stream.iter_lines())
    assert server.stop() == 0
