"""From a file to words and search hits, through the real thing."""

from pathlib import Path

import numpy as np
import pysubs2
import pytest
import soundfile

from app.domain.media_types import in_seconds
from tests.conftest import Speaker
from tests.e2e.conftest import Server
from tests.media import word_error_rate, write_sound

COUNTRY = "ask what you can do for your country"


@pytest.fixture(scope="module")
def kennedy(server: Server) -> str:
    """The job of the Kennedy clip, taken in once."""
    job_id = server.ingest(Path(__file__).parents[1] / "media" / "jfk.flac", title="Inaugural")
    server.completed(job_id)
    return job_id


def test_speech_becomes_a_transcript(server: Server, kennedy: str) -> None:
    result = server.completed(kennedy)
    assert COUNTRY in result["transcript"]
    assert result["language_detection"]["language"] == "en"
    assert result["duration"] == pytest.approx(11.0, abs=0.1)
    assert result["model"] == "base"
    times = [(segment["start"], segment["end"]) for segment in result["segments"]]
    assert all(0 <= start < end <= 11.0 for start, end in times)
    assert times == sorted(times)


def test_the_job_tells_of_its_way(server: Server, kennedy: str) -> None:
    job = server.job(kennedy)
    assert (job["status"], job["progress"], job["attempts"]) == ("Completed", 1.0, 1)
    assert set(job["timings"]) == {"media_extraction", "transcribing", "embedding"}
    assert job["warnings"] == [] and job["error"] is None


def test_subtitles_are_what_players_read(server: Server, kennedy: str) -> None:
    text = server.http.get(f"/api/v1/jobs/{kennedy}/result", params={"format": "srt"}).text
    cues = pysubs2.SSAFile.from_string(text, format_="srt")
    assert COUNTRY in " ".join(cue.text for cue in cues)
    assert all(cue.start < cue.end for cue in cues)


def test_a_moment_is_found_by_its_meaning(server: Server, kennedy: str) -> None:
    hits = [hit for hit in server.search("duty to the nation") if hit["asset_id"] == kennedy]
    assert hits
    assert hits[0]["title"] == "Inaugural"
    assert "semantic" in hits[0]["why"]
    assert 0 <= hits[0]["start"] < hits[0]["end"] <= 11.0
    assert hits[0]["url"] == f"/watch/{kennedy}?t={in_seconds(hits[0]['start'])}"


def test_a_moment_is_found_by_its_words(server: Server, kennedy: str) -> None:
    [hit] = [
        hit
        for hit in server.search("fellow Americans", mode="keyword")
        if hit["asset_id"] == kennedy
    ]
    assert "fellow Americans" in hit["text"]
    assert "keyword" in hit["why"]


def test_the_result_lies_in_a_file_too(server: Server, kennedy: str) -> None:
    document = (server.data / "results" / f"{kennedy}.json").read_text()
    assert COUNTRY in document


def test_no_sound_stays_behind(server: Server, kennedy: str) -> None:
    assert list((server.data / "pcm").iterdir()) == []


def test_a_film_gives_the_words_of_its_sound(
    server: Server, make_video: Speaker, jfk: Path
) -> None:
    job_id = server.ingest(make_video(jfk))
    assert COUNTRY in server.completed(job_id)["transcript"]
    assert list((server.data / "video_jobs").glob(f"{job_id}.mp4"))
    [kind] = {h["media_type"] for h in server.search("country") if h["asset_id"] == job_id}
    assert kind == "video"


def test_a_real_film_is_understood(server: Server, corpus: Path) -> None:
    job_id = server.ingest(corpus / "video" / "friday.mp4")
    assert "crown jewels" in server.completed(job_id)["transcript"]
    assert server.search("stolen treasure", asset_id=job_id)


def test_german_is_recognised(server: Server, corpus: Path) -> None:
    speech = corpus / "speech" / "kerstin_de_rhasspy-0004.webm"
    result = server.completed(server.ingest(speech))
    detection = result["language_detection"]
    assert detection["language"] == "de"
    assert detection["confidence"] > 0.8
    assert len(detection["alternatives"]) >= 3
    reference = speech.with_suffix(".txt").read_text()
    assert word_error_rate(reference, result["transcript"], "de") < 0.2


def test_another_language_is_recognised_in_made_speech(server: Server, spoken: Speaker) -> None:
    speech = spoken("Guten Morgen, meine Damen und Herren. Heute ist das Wetter sehr schön.", "de")
    assert server.completed(server.ingest(speech))["language_detection"]["language"] == "de"


def test_words_have_times_when_asked_for(server: Server, jfk: Path) -> None:
    job_id = server.ingest(jfk, word_timestamps="true", model="tiny.en")
    result = server.completed(job_id)
    words = [word for segment in result["segments"] for word in segment["words"]]
    assert " ".join(word["text"] for word in words).endswith("do for your country.")
    assert result["model"] == "tiny.en"


def test_times_count_from_the_beginning_of_the_medium(
    server: Server, jfk: Path, tmp_path: Path
) -> None:
    """40 s of silence first: windows skip it, the times must not."""
    clip, rate = soundfile.read(jfk)
    late = write_sound(tmp_path / "late.wav", np.concatenate([np.zeros(40 * rate), clip]), rate)
    result = server.completed(server.ingest(late, model="tiny.en"))
    assert COUNTRY in result["transcript"]
    assert 39.5 <= result["segments"][0]["start"] <= 41.0
    assert result["segments"][-1]["end"] <= 51.0


@pytest.mark.parametrize("kind", ["silence", "music", "tone"])
def test_nothing_is_invented_where_nobody_speaks(
    server: Server, request: pytest.FixtureRequest, kind: str
) -> None:
    sound = request.getfixturevalue(kind)(20.0)
    result = server.completed(server.ingest(sound))
    assert result["transcript"] == ""
    assert result["segments"] == []


def test_two_jobs_advance_together(server: Server, two_cities: Path, tmp_path: Path) -> None:
    clip, rate = soundfile.read(two_cities)
    long = write_sound(tmp_path / "long.flac", np.tile(clip, 3), rate)
    first, second = (server.ingest(long, model="tiny.en") for _ in range(2))
    seen: set[str] = set()
    while not (jobs := [server.job(first, wait=0.2), server.job(second)])[0]["finished_at"]:
        seen |= {job["job_id"] for job in jobs if 0.1 < job["progress"] < 0.9}
    assert seen == {first, second}
    assert server.completed(first)["transcript"] == server.completed(second)["transcript"]
