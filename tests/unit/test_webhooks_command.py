"""`spool webhooks`, against a service that answers from a script."""

import json
from pathlib import Path

import pytest
from pytest_httpserver import HTTPServer
from typer.testing import CliRunner

from app.adapters.webhook_secret import kept_secret
from app.cli.webhooks import webhooks
from app.domain.errors import NotFound

ID = "msg_" + "0" * 32
DELIVERY = {
    "id": ID,
    "state": "failed",
    "attempts": 10,
    "url": "https://hooks.example/[red]",
    "last_error": "answered 500",
}


def run(server: HTTPServer | None, *arguments: str) -> str:
    at = ("--server", server.url_for("").rstrip("/")) if server else ()
    done = CliRunner().invoke(webhooks, [*arguments, *at], env={"COLUMNS": "120"})
    assert done.exit_code == 0, done.output
    return done.output


def test_the_list_shows_whole_ids_and_what_went_wrong(httpserver: HTTPServer) -> None:
    asked = {"limit": "20", "state": "failed", "job_id": "j"}
    listed = httpserver.expect_request("/api/v1/webhooks/deliveries", query_string=asked)
    listed.respond_with_json({"deliveries": [DELIVERY], "cursor": None})
    output = run(httpserver, "list", "--state", "failed", "--job", "j")
    assert ID in output
    assert "https://hooks.example/[red]: answered 500" in output
    again = run(httpserver, "list", "--state", "failed", "--job", "j", "--json")
    assert json.loads(again)["deliveries"] == [DELIVERY]


def test_one_is_shown_with_its_tries(httpserver: HTTPServer) -> None:
    whole = DELIVERY | {"tries": [{"number": 1, "at": "2026-01-01T00:00:00+00:00", "status": 500}]}
    httpserver.expect_request(f"/api/v1/webhooks/deliveries/{ID}").respond_with_json(whole)
    assert json.loads(run(httpserver, "show", ID, "--json")) == whole
    shown = run(httpserver, ID)
    assert f"delivery\t{ID}\n" in shown
    assert "1. 2026-01-01T00:00:00+00:00  answered 500\n" in shown


def test_one_is_sent_again(httpserver: HTTPServer) -> None:
    path = f"/api/v1/webhooks/deliveries/{ID}/replay"
    again = httpserver.expect_request(path, method="POST")
    again.respond_with_json(DELIVERY | {"state": "pending"}, status=202)
    assert run(httpserver, "replay", ID) == f"{ID} pending\n"


def test_the_secret_is_that_of_the_data_folder_or_the_configured_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("APP__STORAGE__DATA_DIR", str(tmp_path))
    secret = kept_secret(tmp_path)
    assert run(None, "secret") == f"{secret}\n"
    monkeypatch.setenv("APP__WEBHOOKS__SECRET", "whsec_mine")
    assert run(None, "secret") == "whsec_mine\n"


@pytest.mark.parametrize("folder", ["", "not/yet/there"])
def test_to_ask_for_the_secret_makes_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, folder: str
) -> None:
    monkeypatch.setenv("APP__STORAGE__DATA_DIR", str(tmp_path / folder))
    done = CliRunner().invoke(webhooks, ["secret"])
    assert isinstance(done.exception, NotFound)
    assert "spool serve" in str(done.exception.hint)
    assert list(tmp_path.iterdir()) == []  # root's file would be out of the service's reach
