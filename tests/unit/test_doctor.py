"""`spool doctor`, where something is missing that it cannot be started without here."""

import json
import re
from pathlib import Path
from typing import Any

import obstore
import pytest
import typer
from pytest_httpserver import HTTPServer

from app.adapters.confined import cage as cages
from app.adapters.object_store import open_store
from app.adapters.sql import migrate
from app.bootstrap import engines
from app.cli import checks, doctor
from app.config import AppSettings, Models, Pictures, Server, Storage, Transcription
from app.domain import full_set
from tests import caged
from tests.buckets import Buckets
from tests.postgres import Postgres
from tests.unit.typed import Spool


def test_with_auto_and_no_engine_installed_all_else_is_checked_all_the_same(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    settings = AppSettings(
        transcription=Transcription(provider="auto"),
        storage=Storage(data_dir=tmp_path),
        models=Models(pypi=False, hub=False),
        server=Server(port=0),
    )
    monkeypatch.setattr(engines, "LOCAL", {})
    monkeypatch.setattr(doctor, "load_settings", lambda: settings)
    with pytest.raises(typer.Exit) as ended:
        doctor.doctor()
    told = capsys.readouterr().out
    assert ended.value.exit_code == 1
    assert "bad  engine: transcription.provider is auto, and no engine is installed" in told
    assert f"ok   data folder: {tmp_path}" in told
    assert "speech detection: silero-vad is not here" in told
    assert "picture model: efficientnet-lite0 is not here" in told
    assert "text in pictures:" in told
    assert "transcription model" not in told


def test_what_is_not_wanted_of_pictures_is_not_missed(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, spool: Spool
) -> None:
    settings = AppSettings(
        storage=Storage(data_dir=tmp_path),
        models=Models(pypi=False, hub=False),
        pictures=Pictures(ocr=False, visual_model="none"),
    )
    monkeypatch.delenv("SPOOL_SERVER")
    monkeypatch.setattr(doctor, "load_settings", lambda: settings)
    assert "picture" not in spool("doctor").out


@pytest.mark.parametrize(
    ("there", "command"),
    [(True, "scripts/install --full"), (False, "pip install 'spool-media[torch]'")],
)
def test_what_a_lean_installation_lacks_is_told_with_a_command_that_is_there(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, spool: Spool, there: bool, command: str
) -> None:
    """A wheel comes without scripts."""
    script = tmp_path / "install"
    if there:
        script.write_text("")
    monkeypatch.setattr(full_set, "SCRIPT", script)
    monkeypatch.setattr(checks, "find_spec", lambda name: None)
    monkeypatch.setenv("APP__STORAGE__DATA_DIR", str(tmp_path))
    found = {each["check"]: each for each in json.loads(spool("doctor", "--json").out)}
    assert found["text in pictures"]["said"].endswith(f"is not installed: {command}")


def test_walls_that_this_machine_lacks_are_named_and_are_no_reason_not_to_start(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, spool: Spool
) -> None:
    child = caged.child_without("Landlock", tmp_path)
    monkeypatch.setattr(cages, "CHILD", child)
    monkeypatch.setenv("APP__STORAGE__DATA_DIR", str(tmp_path))
    found = {each["check"]: each for each in json.loads(spool("doctor", "--json").out)}
    walls = found["walls around media"]
    assert walls["ok"] and "Landlock (not here)" in walls["said"]


@pytest.mark.parametrize(
    ("engine", "how", "well"),
    [
        ("ready", "ready", True),
        ("loading", "engine loading", True),
        ("failed: no weights", "engine failed: no weights", False),
    ],
)
def test_a_service_that_is_named_is_asked_how_it_is_and_not_our_port(
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    spool: Spool,
    httpserver: HTTPServer,
    engine: str,
    how: str,
    well: bool,
) -> None:
    health = {"version": "9.9", "ready": {"engine": engine, "index": "ready"}}
    httpserver.expect_request("/health").respond_with_json(health)
    monkeypatch.setenv("APP__STORAGE__DATA_DIR", str(tmp_path))
    found = {each["check"]: each for each in json.loads(spool("doctor", "--json").out)}
    assert found["service"]["ok"] is well and how in found["service"]["said"]
    assert not found.keys() & {"port", "data folder", "disk", "database"}, "they are there"
    assert "9.9" in found["service"]["said"] or not well


def test_a_service_that_is_named_and_away_is_bad(
    tmp_path: Path, spool: Spool, monkeypatch: pytest.MonkeyPatch, unused_port: int
) -> None:
    monkeypatch.setenv("APP__STORAGE__DATA_DIR", str(tmp_path))
    done = spool("doctor", "--server", f"http://127.0.0.1:{unused_port}")
    assert done.status == 1 and "bad  service: no answer from" in done.out
    assert "data folder" in done.out, "it may be meant to run here"


def test_nothing_is_made_or_fetched_where_one_happens_to_stand(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, spool: Spool
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("SPOOL_SERVER")
    monkeypatch.setenv("APP__STORAGE__DATA_DIR", "data")
    monkeypatch.setenv("APP__MODELS__PYPI", "true")
    monkeypatch.setenv("APP__SERVER__PORT", "0")
    told = spool("doctor").out
    assert f"ok   data folder: {tmp_path}/data, none yet: made at the first start" in told
    assert "ok   transcription model: base is not here yet" in told
    assert list(tmp_path.iterdir()) == []


def told_of_database(spool: Spool) -> dict[str, Any]:
    found = {each["check"]: each for each in json.loads(spool("doctor", "--json").out)}
    told: dict[str, Any] = found["database"]
    return told


def test_a_database_server_is_asked_and_left_as_it_is(
    spool: Spool, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, postgres_server: Postgres
) -> None:
    monkeypatch.delenv("SPOOL_SERVER")
    monkeypatch.setenv("APP__STORAGE__DATA_DIR", str(tmp_path))
    monkeypatch.setenv("APP__STORAGE__DATABASE_URL", url := postgres_server.empty())
    told = told_of_database(spool)
    assert told["ok"] and "empty" in told["said"] and migrate.current(url) is None
    migrate.upgrade(url)
    told = told_of_database(spool)
    assert told["ok"] and "0 services" in told["said"]
    postgres_server.drop(url)
    assert not told_of_database(spool)["ok"]


def told_of_bucket(
    spool: Spool, monkeypatch: pytest.MonkeyPatch, folder: Path, url: str, options: dict[str, str]
) -> dict[str, Any]:
    monkeypatch.delenv("SPOOL_SERVER", raising=False)
    monkeypatch.setenv("APP__STORAGE__DATA_DIR", str(folder))
    monkeypatch.setenv("APP__STORAGE__FILES_URL", url)
    monkeypatch.setenv("APP__STORAGE__STORE_OPTIONS", json.dumps(options))
    found = {each["check"]: each for each in json.loads(spool("doctor", "--json").out)}
    told: dict[str, Any] = found["bucket"]
    return told


def test_a_bucket_that_answers_is_written_to_and_left_as_it_was(
    spool: Spool, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, s3_server: Buckets
) -> None:
    url = s3_server.made()
    told = told_of_bucket(spool, monkeypatch, tmp_path, url, s3_server.options)
    assert told["ok"] and url in told["said"]
    assert obstore.list(open_store(url, s3_server.options)).collect() == []


@pytest.mark.parametrize("wrong", ["bucket", "endpoint", "option"])
def test_a_bucket_that_is_not_there_or_not_reached_is_told_with_what_to_look_at(
    spool: Spool, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, s3_server: Buckets, wrong: str
) -> None:
    url = "s3://nowhere" if wrong == "bucket" else s3_server.made()
    more = {"endpoint": {"aws_endpoint": "http://127.0.0.1:9"}, "option": {"aws_buckett": "x"}}
    options = s3_server.options | more.get(wrong, {})
    told = told_of_bucket(spool, monkeypatch, tmp_path, url, options)
    assert not told["ok"] and url in told["said"] and "store_options" in told["hint"]


def test_a_store_that_puts_over_what_is_there_is_told(
    spool: Spool, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, httpserver: HTTPServer
) -> None:
    """Two services that write to one upload would harm it."""
    httpserver.expect_request(re.compile(".*"), method="PUT").respond_with_data(
        "", headers={"ETag": "x"}
    )
    httpserver.expect_request("/bucket", method="POST").respond_with_data(
        "<DeleteResult><Deleted><Key>x</Key></Deleted></DeleteResult>"
    )
    httpserver.expect_request("/bucket", method="GET").respond_with_data(
        "<ListBucketResult><IsTruncated>false</IsTruncated></ListBucketResult>"
    )
    httpserver.expect_request(re.compile(".*"), method="GET").respond_with_data(
        "x", headers={"ETag": "x", "Last-Modified": "Thu, 01 Jan 2026 00:00:00 GMT"}
    )
    options = {
        "aws_endpoint": httpserver.url_for("").rstrip("/"),
        "aws_access_key_id": "tests",
        "aws_secret_access_key": "tests",
        "allow_http": "true",
    }
    told = told_of_bucket(spool, monkeypatch, tmp_path, "s3://bucket", options)
    assert not told["ok"] and "puts over what is there" in told["said"]
