"""`spool retention`: looks, and deletes only with --run."""

import pytest
from pytest_httpserver import HTTPServer

from tests.unit.typed import Spool, sit_down

PATH = "/api/v1/retention"
JOB = "00000000-0000-4000-8000-000000000001"
RULE = {
    "ending": "failed",
    "before": "2026-01-02T00:00:00+00:00",
    "jobs": [{"job_id": JOB, "asset_id": "talk", "finished_at": "2026-01-01T00:00:00+00:00"}],
}


def test_it_lists_what_would_go_and_deletes_nothing(spool: Spool, httpserver: HTTPServer) -> None:
    httpserver.expect_request(PATH, method="GET").respond_with_json({"rules": [RULE]})
    assert spool("retention").out == f"{JOB}\tfailed\tall\t2026-01-01T00:00:00+00:00\ttalk\n"
    assert spool("retention", "--json").document() == [RULE]
    assert {request.method for request, _ in httpserver.log} == {"GET"}


def test_it_deletes_when_it_is_told_to(spool: Spool, httpserver: HTTPServer) -> None:
    httpserver.expect_request(PATH, method="POST").respond_with_json({"deleted": 3})
    assert spool("retention", "--run").out == "3 jobs deleted\n"
    assert spool("retention", "--run", "--json").document() == {"deleted": 3}


def test_it_names_the_kind_of_jobs_that_a_rule_is_for(spool: Spool, httpserver: HTTPServer) -> None:
    rule = RULE | {"media_type": "video", "label": "raw"}
    httpserver.expect_request(PATH, method="GET").respond_with_json({"rules": [rule]})
    assert "\tvideo raw\t" in spool("retention").out


def test_it_lists_orphans_and_removes_them_when_it_is_told_to(
    spool: Spool, httpserver: HTTPServer
) -> None:
    found = {"count": 3, "files": ["results/a.json", "results/b.json"]}
    httpserver.expect_request(f"{PATH}/orphans", method="GET").respond_with_json(found)
    assert spool("retention", "--orphans").out == "results/a.json\nresults/b.json\nand 1 more\n"
    assert spool("retention", "--orphans", "--json").document() == found
    httpserver.expect_request(f"{PATH}/orphans", method="POST").respond_with_json({"removed": 3})
    assert spool("retention", "--orphans", "--run").out == "3 files removed\n"


def test_that_there_is_nothing_is_told_beside_a_pipe_and_on_a_terminal(
    spool: Spool, httpserver: HTTPServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    httpserver.expect_request(PATH, method="GET").respond_with_json({"rules": []})
    none = {"count": 0, "files": []}
    httpserver.expect_request(f"{PATH}/orphans", method="GET").respond_with_json(none)
    said = {
        (): "nothing whose time is over\n",
        ("--orphans",): "no file that no job needs\n",
    }
    for words, told in said.items():
        piped = spool("retention", *words)
        assert (piped.status, piped.out, piped.err) == (0, "", told)
    sit_down(monkeypatch)
    for words, told in said.items():
        seen = spool("retention", *words)
        assert (seen.out, seen.err) == (told, "")
