"""The `/process` and `/video` families as their clients use them, with real speech and topics."""

import importlib.util
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import Speaker
from tests.e2e.conftest import Server
from tests.media import OWN, word_error_rate

COUNTRY = "ask what you can do for your country"
#: What a lean installation is to who looks for keybert, whether or not it is installed here.
WITHOUT_KEYBERT = "import sys; sys.modules['keybert'] = None"
KEYBERT = all(importlib.util.find_spec(name) for name in ("keybert", "sklearn"))


def process(server: Server, path: str, media: Path, **options: str) -> dict[str, Any]:
    with media.open("rb") as file:
        answer = server.http.post(path, files={"file": (media.name, file)}, data=options)
    assert answer.status_code == 200, answer.text
    told: dict[str, Any] = answer.json()
    return told


def result(server: Server, media: Path) -> dict[str, Any]:
    job_id = process(server, "/process", media)["job_id"]
    server.ended(job_id)
    answer = server.http.get(f"/result/{job_id}")
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def test_speech_becomes_text_with_language_and_duration(server: Server, two_cities: Path) -> None:
    found = result(server, two_cities)
    reference = (OWN / "two_cities.txt").read_text(encoding="utf-8")
    assert word_error_rate(reference, found["transcript"], "en") < 0.1
    assert found["language_detection"]["language"] == "en"
    assert found["language_detection"]["alternatives"]
    assert found["duration"] == pytest.approx(44, abs=1)


@pytest.mark.skipif(not KEYBERT, reason="keybert is not installed")
def test_topics_of_speech_are_words_that_were_spoken(server: Server, two_cities: Path) -> None:
    found = result(server, two_cities)
    assert found["warnings"] == []
    spoken = found["transcript"].lower()
    assert 3 <= len(found["topics"]) <= 8
    for topic in found["topics"]:
        assert all(word in spoken for word in topic["topic"].split())
        assert 0 < topic["score"] <= 1
    named = {word for topic in found["topics"] for word in topic["topic"].split()}
    assert {"wisdom", "despair", "season", "epoch", "heaven", "times", "evil"} & named


@pytest.mark.skipif(not KEYBERT, reason="keybert is not installed")
def test_a_talk_about_printing_is_about_printing(server: Server, corpus: Path) -> None:
    found = result(server, corpus / "speech" / "lj001_0001_0008_passage.flac")
    named = " ".join(topic["topic"] for topic in found["topics"])
    assert "print" in named or "typograph" in named
    assert any(word in named for word in ("book", "letter", "wood", "bible"))


def test_without_keybert_a_warning_says_what_to_install(
    own_server: Callable[..., Server], jfk: Path, tmp_path: Path
) -> None:
    hides = tmp_path / "lean"
    hides.mkdir()
    (hides / "sitecustomize.py").write_text(WITHOUT_KEYBERT, encoding="utf-8")
    lean = own_server(PYTHONPATH=str(hides))
    lean.start()
    found = result(lean, jfk)
    assert COUNTRY in found["transcript"] and found["topics"] == []
    [warning] = found["warnings"]
    assert warning["code"] == "topics.unavailable" and "--full" in warning["message"]


@pytest.mark.parametrize("path", ["/process-audio", "/process-video"])
def test_who_waits_has_the_result_in_the_answer(server: Server, jfk: Path, path: str) -> None:
    found = process(server, path, jfk, language="en")
    assert COUNTRY in found["transcript"]
    assert server.job(found["job_id"])["status"] == "Completed"


def test_who_hangs_up_needs_no_result(server: Server, two_cities: Path) -> None:
    sound = two_cities.read_bytes()
    form = (
        b'--b\r\nContent-Disposition: form-data; name="file"; filename="talk.wav"\r\n\r\n'
        + sound
        + b"\r\n--b--\r\n"
    )
    head = (
        f"POST /process-audio HTTP/1.1\r\nHost: localhost\r\nContent-Length: {len(form)}\r\n"
        "Content-Type: multipart/form-data; boundary=b\r\n\r\n"
    )
    with socket.create_connection(("127.0.0.1", server.port)) as client:
        client.sendall(head.encode() + form)
        active: list[dict[str, Any]] = []
        while not active:
            active = server.http.get("/jobs/processing").json()["active_jobs"]
    [job] = active
    ended = server.ended(job["job_id"])
    assert (ended["status"], ended["error"]["code"]) == ("Cancelled", "cancelled")


def test_a_film_goes_through_the_video_family(
    server: Server, make_video: Speaker, jfk: Path
) -> None:
    with make_video(jfk).open("rb") as film:
        answer = server.http.post("/video/submit", files={"file": ("no-name", film)})
    job_id = answer.json()["job_id"]
    assert (server.data / "video_jobs" / f"{job_id}.mp4").is_file()
    server.ended(job_id)
    told = server.http.get(f"/video/status/{job_id}").json()
    assert told == {"job_id": job_id, "status": "completed", "progress": 1.0}
    found = server.http.get(f"/video/results/{job_id}").json()["results"]
    assert COUNTRY in " ".join(each["text"] for each in found)
