"""`spool doctor`, where something is missing that it cannot be started without here."""

import json
from pathlib import Path

import pytest
import typer
from pytest_httpserver import HTTPServer

from app.adapters.confined import cage as cages
from app.bootstrap import engines
from app.cli import doctor
from app.config import AppSettings, Models, Pictures, Server, Storage, Transcription
from tests import caged
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
