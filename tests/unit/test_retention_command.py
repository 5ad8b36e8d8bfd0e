"""`spool retention`: looks, and deletes only with --run."""

from pytest_httpserver import HTTPServer

from tests.unit.typed import Spool

PATH = "/api/v1/retention"
JOB = "00000000-0000-4000-8000-000000000001"
RULE = {
    "ending": "failed",
    "before": "2026-01-02T00:00:00+00:00",
    "jobs": [{"job_id": JOB, "asset_id": "talk", "finished_at": "2026-01-01T00:00:00+00:00"}],
}


def test_it_lists_what_would_go_and_deletes_nothing(spool: Spool, httpserver: HTTPServer) -> None:
    httpserver.expect_request(PATH, method="GET").respond_with_json({"rules": [RULE]})
    assert spool("retention").out == f"{JOB}\tfailed\t2026-01-01T00:00:00+00:00\ttalk\n"
    assert spool("retention", "--json").document() == [RULE]
    assert {request.method for request, _ in httpserver.log} == {"GET"}


def test_it_deletes_when_it_is_told_to(spool: Spool, httpserver: HTTPServer) -> None:
    httpserver.expect_request(PATH, method="POST").respond_with_json({"deleted": 3})
    assert spool("retention", "--run").out == "3 jobs deleted\n"
    assert spool("retention", "--run", "--json").document() == {"deleted": 3}
