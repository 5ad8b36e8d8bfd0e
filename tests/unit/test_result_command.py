"""`spool result`: formats, files and events; the service answers from a script."""

import json
from pathlib import Path
from typing import Any

import pytest
from pytest_httpserver import HTTPServer

from tests.unit.typed import Spool, answer, refusal

JOB: dict[str, Any] = {"job_id": "j", "asset_id": "a/b", "status": "Completed", "title": "t.mp4"}
RESULT = {
    "job_id": "j",
    "transcript": "Good morning.",
    "topics": [{"topic": "weather", "score": 0.9}, {"topic": "spring", "score": 0.5}],
    "chapters": [{"start": 0.0, "end": 61.0, "title": "Greetings"}],
}


@pytest.fixture
def service(httpserver: HTTPServer) -> HTTPServer:
    httpserver.expect_request("/api/v1/jobs/j").respond_with_json(JOB)
    for form in ("txt", "srt", "vtt"):
        asked = httpserver.expect_request("/api/v1/jobs/j/result", query_string={"format": form})
        asked.respond_with_data(f"as {form}\n")
    whole = httpserver.expect_request("/api/v1/jobs/j/result", query_string={"format": "json"})
    whole.respond_with_data(json.dumps(RESULT))
    return httpserver


def titled(server: HTTPServer, title: str) -> None:
    server.clear()
    server.expect_request("/api/v1/jobs/j").respond_with_json(JOB | {"title": title})
    server.expect_request("/api/v1/jobs/j/result").respond_with_data("as it is\n")


def test_it_is_printed_as_the_service_writes_it(spool: Spool, service: HTTPServer) -> None:
    assert spool("result", "j").out == "as txt\n"
    assert spool("result", "j", "--format", "srt").out == "as srt\n"
    assert spool("result", "j", "--json").document() == RESULT


def test_an_asset_stands_for_the_newest_job_on_it(spool: Spool, service: HTTPServer) -> None:
    unknown = service.expect_request("/api/v1/jobs/a/b")
    unknown.respond_with_response(refusal(404, "job.not_found"))
    asset = service.expect_request("/api/v1/assets/a/b")
    asset.respond_with_json({"asset_id": "a/b", "job_id": "j"})
    assert spool("result", "a/b").out == "as txt\n"


def test_what_is_neither_is_refused(spool: Spool, service: HTTPServer) -> None:
    for path in ("jobs", "assets"):
        unknown = service.expect_request(f"/api/v1/{path}/x")
        unknown.respond_with_response(refusal(404, f"{path}.not_found"))
    done = spool("result", "x")
    assert (done.status, done.out) == (1, "")
    hint = "nor is it a job; `spool jobs` and `spool assets` list what there is"
    assert done.err == f"spool: refused: assets.not_found\n  {hint}\n"


def test_a_job_that_there_is_not_is_refused_with_a_hint(spool: Spool, service: HTTPServer) -> None:
    unknown = service.expect_request("/api/v1/jobs/nope")
    unknown.respond_with_response(refusal(404, "job.not_found"))
    done = spool("jobs", "show", "nope")
    assert done.status == 1
    assert done.err == "spool: refused: job.not_found\n  `spool jobs` lists them\n"


def test_into_a_file_its_suffix_tells_the_format(
    spool: Spool, service: HTTPServer, tmp_path: Path
) -> None:
    place = tmp_path / "talk.VTT"
    assert spool("result", "j", "-o", place).out == f"{place}\n"
    assert place.read_text() == "as vtt\n"
    assert spool("result", "j", "-o", place, "--format", "srt").status == 0
    assert place.read_text() == "as srt\n"


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("talk.mp4", "talk.txt"),
        ("Part 1. Of 2", "Part 1. Of 2.txt"),
        ("a/b\\c: d?.mp4", "a b c  d.txt"),
        ("../../etc/passwd", "etc passwd.txt"),
        ("...", "j.txt"),
        ("w" * 300, "w" * 100 + ".txt"),
    ],
)
def test_in_a_folder_it_is_named_by_its_title(
    spool: Spool, httpserver: HTTPServer, tmp_path: Path, title: str, name: str
) -> None:
    titled(httpserver, title)
    folder = tmp_path / "results"
    folder.mkdir()
    assert spool("result", "j", "-o", folder).status == 0
    assert [each.name for each in tmp_path.rglob("*.txt")] == [name]
    assert (folder / name).read_text() == "as it is\n"


def test_where_nothing_can_be_written_that_is_said(
    spool: Spool, service: HTTPServer, tmp_path: Path
) -> None:
    done = spool("result", "j", "-o", tmp_path / "no" / "folder.txt")
    assert done.status == 1 and "No such file or directory" in done.err


def test_on_a_terminal_topics_and_chapters_follow(terminal: Spool, service: HTTPServer) -> None:
    said = terminal("result", "j").out
    assert said == "as txt\n\nTopics: weather, spring\n\nChapters:\n    0:00  Greetings\n"


def followed(server: HTTPServer, **job: Any) -> None:
    server.clear()
    segment = {"id": 0, "start": 1.0, "end": 2.5, "text": "Good morning."}
    stream = (
        'event: state\ndata: {"status": "Transcribing"}\n\n'
        f"event: segment\ndata: {json.dumps(segment)}\n\n"
        "event: done\ndata: {}\n\n"
    )
    server.expect_request("/api/v1/jobs/j").respond_with_response(answer(JOB | job))
    events = server.expect_request("/api/v1/jobs/j/events")
    events.respond_with_data(stream, content_type="text/event-stream")


def test_a_running_job_is_followed_as_it_is_heard(spool: Spool, httpserver: HTTPServer) -> None:
    followed(httpserver)
    assert spool("result", "j", "--follow").out == "0:01-0:02 Good morning.\n"
    lines = spool("result", "j", "--follow", "--json").lines()
    assert [line["event"] for line in lines] == ["state", "segment", "done"]
    assert lines[1]["text"] == "Good morning."


def test_to_follow_a_job_that_fails_fails(spool: Spool, httpserver: HTTPServer) -> None:
    followed(httpserver, status="Failed", error={"code": "x", "message": "no decoder"})
    done = spool("result", "j", "--follow")
    assert done.status == 1 and "t.mp4: no decoder" in done.err
