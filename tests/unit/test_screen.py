"""What commands print, into a pipe and on a terminal."""

import re

import pytest
from pytest_httpserver import HTTPServer

from app.cli.screen import parts
from tests.unit.typed import Spool

ID = "8a3115af-c2de-4742-a779-7b2a71c34911"
LONG = "A title that is far too long for a terminal of eighty letters, and goes on and on"
JOB = {"job_id": ID, "status": "Completed", "progress": 1.0, "title": LONG}
COLOURS = re.compile(r"\x1b\[[0-9;]*m")


def serve(server: HTTPServer, *jobs: dict[str, object]) -> None:
    answer = {"jobs": list(jobs), "cursor": None}
    server.expect_request("/api/v1/jobs").respond_with_json(answer)


def test_into_a_pipe_rows_are_whole_with_tabs_and_without_colours(
    spool: Spool, httpserver: HTTPServer
) -> None:
    serve(httpserver, JOB, JOB | {"title": "[red] tab\tand\nline \x1b[2J"})
    first, second = spool("jobs").out.splitlines()
    assert first.split("\t") == [ID, "Completed", "100%", LONG]
    assert second.split("\t")[3] == "[red] tab and line  [2J"


def test_on_a_terminal_there_is_a_head_and_a_long_title_is_cut(
    terminal: Spool, httpserver: HTTPServer
) -> None:
    serve(httpserver, JOB)
    done = terminal("jobs")
    assert "\x1b[" in done.out
    head, row = COLOURS.sub("", done.out).splitlines()
    assert head.split() == ["job", "status", "done", "title"]
    assert ID in row and len(row.rstrip()) == 80 and row.rstrip().endswith("…")


def test_without_colours_none_are_used(
    terminal: Spool, httpserver: HTTPServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    serve(httpserver, JOB)
    assert not re.search(r"\x1b\[3\dm", terminal("jobs").out)


def test_an_empty_list_is_nothing_in_a_pipe(spool: Spool, httpserver: HTTPServer) -> None:
    serve(httpserver)
    assert spool("jobs").out == ""


def test_that_there_is_nothing_is_said_on_a_terminal(
    terminal: Spool, httpserver: HTTPServer
) -> None:
    serve(httpserver)
    assert terminal("jobs").out == "no jobs\n"


def test_lists_are_typed_with_commas() -> None:
    assert parts("a, b c,,") == ["a", "b c"]
    assert parts(None) == parts("") == []
