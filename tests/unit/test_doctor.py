"""`spool doctor`, where something is missing that it cannot be started without here."""

from pathlib import Path

import pytest
import typer

from app.bootstrap import engines
from app.cli import doctor
from app.config import AppSettings, Models, Server, Storage, Transcription


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
        doctor.doctor(offline=True)
    told = capsys.readouterr().out
    assert ended.value.exit_code == 1
    assert "bad  engine: transcription.provider is auto, and no engine is installed" in told
    assert f"ok   data folder: {tmp_path}" in told
    assert "speech detection: silero-vad is not here" in told
    assert "transcription model" not in told
