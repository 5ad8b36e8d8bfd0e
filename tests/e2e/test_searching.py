"""What is searched for is where the answer says, and as it was corrected last."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from app.domain.marking import STOP_WORDS
from tests.e2e.conftest import Server
from tests.faults.cases import tiled

LEAST = 6  # letters of a word that is looked for
PROMISED = 2.0  # seconds


@pytest.fixture
def long_job(server: Server, jfk: Path, tmp_path: Path) -> Iterator[str]:
    """Half an hour of speech that is being transcribed, and needs longer than any test here."""
    job_id = server.ingest(tiled(jfk, tmp_path / "long.flac", 160))
    while server.job(job_id, wait=0.2)["status"] != "Transcribing":
        assert server.job(job_id)["finished_at"] is None
    yield job_id
    server.http.delete(f"/api/v1/jobs/{job_id}").raise_for_status()


def test_a_corrected_segment_is_found_by_its_new_words_and_not_by_its_old_beside_a_long_job(
    server: Server, jfk: Path, long_job: str, figure: Callable[[str], None]
) -> None:
    """The very next search has it: two seconds are promised, and the figure tells the time."""
    asset = {"asset_id": "corrected-in-e2e"}
    job_id = server.ingest(jfk, model="tiny.en", priority="interactive", **asset)
    segments = server.completed(job_id)["segments"]
    [number] = [each["id"] for each in segments if "fellow" in each["text"]]
    assert server.search("fellow", mode="keyword", **asset)
    began = time.monotonic()
    changed = server.http.patch(
        f"/api/v1/assets/{asset['asset_id']}",
        json={"segments": [{"id": number, "text": "A zeppelin lands near the harbour."}]},
    )
    assert changed.status_code == 200 and changed.json()["indexed"] is True, changed.text
    [hit] = server.search("zeppelin", mode="keyword", **asset)
    figure(f"a corrected segment is found after {time.monotonic() - began:.2f} s beside a long job")
    assert "zeppelin" in hit["text"]
    assert server.search("fellow", mode="keyword", **asset) == []
    by_meaning = server.search("an airship arrives at the port", mode="semantic", **asset)
    assert "zeppelin" in by_meaning[0]["text"]
    assert not any("fellow" in text for text in _texts(server.search("fellow Americans", **asset)))
    assert server.job(long_job)["finished_at"] is None


def test_a_hit_of_real_speech_begins_within_two_seconds_of_the_words(
    server: Server, two_cities: Path
) -> None:
    """The times of the words come from another job: this one was not asked for any."""
    timed = server.ingest(two_cities, model="tiny.en", word_timestamps="true")
    plain = server.ingest(two_cities, model="tiny.en", asset_id="plain-cities")
    said: dict[str, list[float]] = {}
    for segment in server.completed(timed)["segments"]:
        for word in segment["words"]:
            said.setdefault(word["text"].strip(" .,;:!?").lower(), []).append(word["start"])
    assert all("words" not in segment for segment in server.completed(plain)["segments"])
    wanted = [word for word in said if len(word) >= LEAST and word not in STOP_WORDS]
    assert len(wanted) > 20
    far = []
    for word in wanted:
        hits = server.search(word, mode="keyword", asset_id="plain-cities", group="false")
        starts = [hit["start"] for hit in hits if f"<mark>{word}" in hit["snippet"].lower()]
        assert starts, word
        far += [(word, start, said[word]) for start in starts if not _near(start, said[word])]
    assert far == []


def _near(start: float, times: list[float]) -> bool:
    return any(abs(start - each) <= PROMISED for each in times)


def _texts(hits: list[dict[str, Any]]) -> list[str]:
    return [each["text"] for hit in hits for each in (hit, *hit["moments"])]
