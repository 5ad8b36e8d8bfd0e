"""Metrics of a real process: its loop, its workers, and all that the catalogue names."""

import os
import signal
from collections.abc import Callable
from pathlib import Path

from prometheus_client.parser import text_string_to_metric_families

from app.domain.metrics import CATALOGUE, Kind
from tests.e2e.conftest import Server


def scraped(server: Server) -> dict[str, dict[str, float]]:
    """By the name of the series, by the values of labels."""
    answer = server.http.get("/metrics")
    assert answer.status_code == 200, answer.text
    found: dict[str, dict[str, float]] = {}
    for family in text_string_to_metric_families(answer.text):
        for sample in family.samples:
            found.setdefault(sample.name, {})[" ".join(sample.labels.values())] = sample.value
    return found


def test_a_worker_that_is_killed_and_all_else_is_told_by_the_process_that_serves(
    own_server: Callable[..., Server], jfk: Path
) -> None:
    server = own_server(APP__TRANSCRIPTION__MODEL="tiny.en", APP__TRANSCRIPTION__WORKERS="1")
    server.start()
    server.until_ready()
    server.completed(server.ingest(jfk))
    os.kill(server.worker_pids()[-1], signal.SIGSEGV)
    server.completed(server.ingest(jfk))
    assert server.search("country")
    found = scraped(server)
    assert {restart for restart in found["spool_worker_restarts_total"] if "crashed" in restart}
    assert found["spool_loop_lag_seconds_count"][""] > 0
    assert 0 < found["spool_audio_heard_seconds_total"]["tiny.en faster_whisper"] <= 22.5
    told = {
        metric.name + ("_bucket" if metric.kind is Kind.HISTOGRAM else "") for metric in CATALOGUE
    }
    assert told - found.keys() == set()
    assert server.http.get("/health/ready").json() == {"ready": True}
    assert server.stop() == 0
