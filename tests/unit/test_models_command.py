"""`spool models`, by what lies in the model folder."""

from pathlib import Path

import pytest

from app.cli import models
from app.config import AppSettings, Models, Storage
from tests.unit.test_weights_ggml import put, toy_whisper


def test_what_is_made_of_a_folder_here_is_not_said_to_come_from_the_hub(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    put(tmp_path, "mine", toy_whisper())
    settings = AppSettings(storage=Storage(models_dir=tmp_path), models=Models(hub=True))
    monkeypatch.setattr(models, "load_settings", lambda: settings)
    models.models(fetch=None)
    lines = capsys.readouterr().out.splitlines()
    [hub] = [line for line in lines if line.startswith("From the hub, whisper-ggml:")]
    assert "mine" not in hub and "large-v3-turbo" in hub
    [made] = [line.split() for line in lines if "mine-q8_0" in line]
    assert made == ["mine-q8_0", "whisper-ggml", "-", "folder"]
