"""What a measure lives through: an hour of figures is not lost to what goes wrong at its edge."""

import sys
from collections.abc import Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from pytest_httpserver import HTTPServer

from scripts import bench_asr, bench_peers, bench_plot, bench_report, bench_run
from scripts.bench_asr import Sounds
from scripts.bench_latency import under_way
from scripts.bench_report import Report
from scripts.bench_server import Server
from scripts.bench_speech import Speech

JOB = "/api/v1/jobs/one"
FIGURES = {"speed": 2.0, "wer": 1.0}


def heard(path: Path, seconds: float) -> Speech:
    return Speech(path=path, text="", seconds=seconds, clips=1, different=1, pauses=(1.0,))


def test_without_matplotlib_the_figures_are_kept_and_the_picture_is_left_out(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def measure(report: Report) -> None:
        report.detail["models"] = {"tiny.en": {"Spool": FIGURES | {"audio": 600.0}}}

    monkeypatch.setitem(sys.modules, "matplotlib", None)
    monkeypatch.setitem(sys.modules, "scripts.bench_asr", SimpleNamespace(measure=measure))
    for module in (bench_report, bench_plot):
        monkeypatch.setattr(module, "FOLDER", tmp_path)
    assert bench_run.run("asr")
    assert "not drawn" in capsys.readouterr().out
    assert (tmp_path / "asr.json").is_file()


def test_a_long_job_that_ends_before_it_is_cancelled_loses_no_figures(
    httpserver: HTTPServer, tmp_path: Path
) -> None:
    sound = tmp_path / "long.wav"
    sound.write_bytes(b"sound")
    under = {"finished_at": None, "status": "Transcribing", "progress": 0.5}
    httpserver.expect_request("/api/v1/ingest").respond_with_json({"job_id": "one"})
    httpserver.expect_request(JOB).respond_with_json(under)
    httpserver.expect_request(f"{JOB}/cancel").respond_with_data("it has ended", 409)
    server = Server(process=cast(Any, None), port=httpserver.port, data=tmp_path, born=0.0)
    with under_way(server, heard(sound, 3600.0)) as job_id:
        assert job_id == "one"
    assert [request.path for request, _ in httpserver.log][-1] == f"{JOB}/cancel"


def test_openai_whisper_that_gets_no_weights_is_left_out_with_a_note(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(bench_peers, "installed", lambda kind: True)
    part = heard(tmp_path / "part.wav", 300.0)
    sounds = Sounds(warm=tmp_path / "warm.wav", whole=part, part=part, quiet=tmp_path)
    report = Report("asr")
    assert bench_asr.openai_whisper(report, "no-such-model", sounds) == []
    [note] = report.notes
    assert note.startswith("no-such-model: openai-whisper is left out")


def test_each_bar_tells_how_much_sound_it_heard(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    drawn: list[Any] = []
    monkeypatch.setattr(bench_plot, "_save", lambda figure, target: drawn.append(figure))
    found: Mapping[str, Any] = {
        "slow": FIGURES | {"audio": 300.0},
        "Spool": FIGURES | {"speed": 3.0, "audio": 600.0},
    }
    bench_plot.speeds({"models": {"tiny.en": found}}, tmp_path / "asr.png")
    [axes] = drawn[0].axes
    names = [label.get_text() for label in axes.get_yticklabels()]
    assert names == ["slow (300 s)", "Spool (600 s)"]
