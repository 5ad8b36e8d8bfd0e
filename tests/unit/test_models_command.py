"""`spool models`, by what lies in the model folder."""

from pathlib import Path

import pytest

from app.cli import models
from app.config import AppSettings, Models, Storage
from tests.unit.test_weights_ggml import put, toy_whisper
from tests.unit.typed import Spool


def test_what_is_made_of_a_folder_here_is_not_said_to_come_from_the_hub(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    put(tmp_path, "mine", toy_whisper())
    settings = AppSettings(storage=Storage(models_dir=tmp_path), models=Models(hub=True))
    monkeypatch.setattr(models, "load_settings", lambda: settings)
    monkeypatch.setattr(models, "in_terminal", lambda: True)
    models.models(fetch=None)
    lines = capsys.readouterr().out.splitlines()
    [hub] = [line for line in lines if line.startswith("From the hub, whisper-ggml:")]
    assert "mine" not in hub and "large-v3-turbo" in hub
    [made] = [line.split() for line in lines if "mine-q8_0" in line]
    assert made == ["mine-q8_0", "whisper-ggml", "-", "folder"]


def test_into_a_pipe_each_model_is_a_line(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, spool: Spool
) -> None:
    put(tmp_path, "mine", toy_whisper())
    settings = AppSettings(storage=Storage(models_dir=tmp_path), models=Models(hub=True))
    monkeypatch.setattr(models, "load_settings", lambda: settings)
    rows = [line.split("\t") for line in spool("models").out.splitlines()]
    assert ["mine-q8_0", "whisper-ggml", "-", "", "folder"] in rows
    assert ["large-v3-turbo", "whisper-ggml", "-", "", "hub"] in [[*r[:3], "", r[4]] for r in rows]
    mine = [each for each in spool("models", "--json").document() if each["model"] == "mine-q8_0"]
    assert mine[0]["sources"] == ["folder"] and mine[0]["path"] is None
