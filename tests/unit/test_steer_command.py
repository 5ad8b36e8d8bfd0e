"""`spool cancel`, `retry`, `delete`, `dead-letters`: the service answers from a script."""

import json
from typing import Any

import pytest
from pytest_httpserver import HTTPServer
from typer.testing import CliRunner, Result

from app.cli.main import cli
from app.domain.errors import InvalidRequest

ID, OTHER = "0" * 8, "1" * 8
ATTEMPT = {
    "number": 1,
    "started_at": "2026-01-01T00:00:00+00:00",
    "ended_at": "2026-01-01T00:00:09+00:00",
    "stage": "transcribing",
    "error_code": "engine.crashed",
    "error_message": "the worker process died [signal 11]",
    "error_class": "EngineCrashed",
    "exit_status": -11,
    "last_lines": "one\ntwo [bold]",
}
DEAD = {
    "job_id": ID,
    "title": "A [bold] talk",
    "status": "Failed",
    "source": {"kind": "url", "name": "https://example.com/talk"},
    "provider": "whisper_cpp",
    "model": "base",
    "error": {"code": "engine.crashed", "message": "died", "hint": None},
    "history": [
        ATTEMPT,
        ATTEMPT | {"number": 2, "error_class": None, "error_code": "interrupted"},
        ATTEMPT | dict.fromkeys(("ended_at", "error_code", "error_class", "exit_status")),
    ],
}


def run(server: HTTPServer, *arguments: str) -> Result:
    at = ("--server", server.url_for("").rstrip("/"))
    return CliRunner().invoke(cli, [*arguments, *at], env={"COLUMNS": "120", "NO_COLOR": "1"})


def told(server: HTTPServer, *arguments: str) -> str:
    done = run(server, *arguments)
    assert done.exit_code == 0, done.output
    return done.stdout


def refuse(server: HTTPServer, url: str, method: str) -> None:
    said = {"error": {"code": "job.conflict", "message": "it has completed", "hint": "none"}}
    server.expect_request(url, method=method).respond_with_json(said, status=409)


@pytest.mark.parametrize(
    ("verb", "method", "path", "said"),
    [
        ("cancel", "POST", "/cancel", "Cancelled"),
        ("retry", "POST", "/retry", "Pending"),
        ("delete", "DELETE", "", "deleted"),
    ],
)
def test_jobs_are_steered_one_by_one_and_a_refusal_keeps_no_other(
    httpserver: HTTPServer, verb: str, method: str, path: str, said: str
) -> None:
    refuse(httpserver, f"/api/v1/jobs/{OTHER}{path}", method)
    well = httpserver.expect_request(f"/api/v1/jobs/{ID}{path}", method=method)
    well.respond_with_json({"job_id": ID, "status": said})
    assert told(httpserver, verb, ID) == f"{ID} {said}\n"
    done = run(httpserver, verb, OTHER, ID)
    assert (done.exit_code, done.stdout) == (1, f"{ID} {said}\n")
    assert f"spool: {OTHER}: it has completed\n  none" in done.stderr


def pages(server: HTTPServer, *found: list[dict[str, Any]]) -> None:
    for number, jobs in enumerate(found):
        query = {"limit": "200"} | ({"cursor": str(number)} if number else {})
        after = str(number + 1) if number + 1 < len(found) else None
        page = server.expect_request("/api/v1/dead-letters", query_string=query)
        page.respond_with_json({"jobs": jobs, "cursor": after})


def test_dead_letters_are_listed_over_all_pages(httpserver: HTTPServer) -> None:
    pages(httpserver, [DEAD], [DEAD | {"job_id": OTHER}])
    output = told(httpserver, "dead-letters")
    assert f"{ID}\tA [bold] talk\tengine.crashed: died\n" in output and OTHER in output
    assert len(json.loads(told(httpserver, "dead-letters", "--json"))) == 2


def test_without_dead_letters_a_pipe_gets_nothing(httpserver: HTTPServer) -> None:
    pages(httpserver, [])
    assert told(httpserver, "dead-letters") == ""


def test_one_is_shown_with_all_that_it_died_of(httpserver: HTTPServer) -> None:
    httpserver.expect_request(f"/api/v1/jobs/{ID}").respond_with_json(DEAD)
    output = told(httpserver, "dead-letters", ID)
    assert "A [bold] talk" in output and "in transcribing" in output
    assert "source\turl https://example.com/talk\nengine\twhisper_cpp base\n" in output
    assert "EngineCrashed: the worker process died [signal 11] (exit status -11)" in output
    assert "| two [bold]" in output
    assert "interrupted: " in output and "under way" in output and "None" not in output
    assert json.loads(told(httpserver, "dead-letters", ID, "--json")) == DEAD


def test_one_or_all_are_replayed(httpserver: HTTPServer) -> None:
    one = httpserver.expect_request(f"/api/v1/dead-letters/{ID}/replay", method="POST")
    one.respond_with_json(DEAD | {"status": "Pending"}, status=202)
    every = httpserver.expect_request("/api/v1/dead-letters/replay", method="POST")
    every.respond_with_json({"replayed": [ID, OTHER]}, status=202)
    assert told(httpserver, "dead-letters", "replay", ID) == f"{ID} Pending\n"
    both = f"{ID} Pending\n{OTHER} Pending\n"
    assert told(httpserver, "dead-letters", "replay", "--all") == both
    for words in ([], [ID, "--all"]):
        forgot = run(httpserver, "dead-letters", "replay", *words)
        assert isinstance(forgot.exception, InvalidRequest)
        assert "name the jobs" in str(forgot.exception)


@pytest.mark.parametrize(
    ("verb", "method", "path", "said"),
    [
        ("cancel", "POST", "/cancel", "Cancelled"),
        ("retry", "POST", "/retry", "Pending"),
        ("delete", "DELETE", "", "deleted"),
    ],
)
def test_jobs_are_steered_under_their_own_name_too(
    httpserver: HTTPServer, verb: str, method: str, path: str, said: str
) -> None:
    for job_id in (ID, OTHER):
        asked = httpserver.expect_request(f"/api/v1/jobs/{job_id}{path}", method=method)
        asked.respond_with_json({"job_id": job_id, "status": said})
    assert told(httpserver, "jobs", verb, ID, OTHER) == f"{ID} {said}\n{OTHER} {said}\n"


def test_jobs_are_listed_and_shown(httpserver: HTTPServer) -> None:
    httpserver.expect_request(f"/api/v1/jobs/{ID}").respond_with_json(DEAD)
    listed = httpserver.expect_request(
        "/api/v1/jobs", query_string={"limit": "20", "status": "failed"}
    )
    listed.respond_with_json({"jobs": [DEAD | {"progress": 0.5}], "cursor": None})
    assert json.loads(told(httpserver, "jobs", ID, "--json")) == DEAD
    shown = told(httpserver, "jobs", ID)
    assert f"job\t{ID}\n" in shown and "error\tengine.crashed: died" in shown
    output = told(httpserver, "jobs", "--status", "failed")
    assert "A [bold] talk: died" in output and "\t50%\t" in output


@pytest.mark.parametrize(
    ("words", "message"),
    [(["retry"], "Missing argument"), (["replay", ID], ID), ([ID, OTHER], OTHER)],
)
def test_what_jobs_does_not_understand_is_refused(
    httpserver: HTTPServer, words: list[str], message: str
) -> None:
    done = run(httpserver, "jobs", *words)
    assert done.exit_code == 2 and message in done.stderr
    assert httpserver.log == []
