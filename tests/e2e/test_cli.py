"""The command line, as a person or a script uses it."""

import json
import os
import re
import socket
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pysubs2
import pytest

from app import __version__
from tests.e2e.conftest import Server
from tests.media import ROOT

Spool = Callable[..., subprocess.CompletedProcess[str]]
JOB_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


@pytest.fixture
def spool(server: Server, tmp_path: Path) -> Spool:
    """`spool(*arguments)`: run it against the shared service, in an empty folder."""

    def run(*arguments: str | Path, **environment: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "app", *map(str, arguments)],
            cwd=tmp_path,
            env=server.environment | {"PYTHONPATH": str(ROOT), "NO_COLOR": "1"} | environment,
            capture_output=True,
            text=True,
            timeout=240,
        )

    return run


def test_help_fits_a_screen(spool: Spool) -> None:
    done = spool("--help")
    assert len(done.stdout.splitlines()) < 24
    for command in ("serve", "ingest", "transcribe", "search", "jobs", "models", "doctor"):
        assert command in done.stdout


def test_the_version_is_told(spool: Spool) -> None:
    assert spool("--version").stdout == f"spool {__version__}\n"


def test_a_file_is_sent_watched_and_found(spool: Spool, jfk: Path) -> None:
    done = spool("ingest", "--wait", "--title", "By command", jfk)
    assert done.returncode == 0, done.stderr
    job_id = done.stdout.strip()
    assert JOB_ID.fullmatch(job_id), "standard output holds the ids and nothing else"
    assert done.stderr == ""
    shown = json.loads(spool("jobs", job_id, "--json").stdout)
    assert (shown["status"], shown["title"]) == ("Completed", "By command")
    assert job_id in spool("jobs", "--status", "completed").stdout
    found = spool("search", "duty to the nation", "--limit", "50").stdout
    assert job_id in found
    assert "do for your country" in spool("result", job_id).stdout
    hits = json.loads(spool("search", "fellow Americans", "--json").stdout)["hits"]
    assert hits and {"start", "end", "url"} <= set(hits[0])


def test_a_source_that_is_refused_fails_the_command_but_not_the_others(
    spool: Spool, jfk: Path
) -> None:
    done = spool("ingest", "no-such-file.wav", jfk)
    assert done.returncode == 1
    assert "no-such-file.wav" in done.stderr
    assert len(JOB_ID.findall(done.stdout)) == 1


def test_a_job_that_fails_fails_the_command_and_says_why(spool: Spool, tmp_path: Path) -> None:
    page = tmp_path / "page.wav"
    page.write_text("<html>not a sound</html>")
    done = spool("ingest", "--wait", page)
    assert done.returncode == 1
    assert "page.wav" in done.stderr and "Invalid data" in done.stderr


def test_a_file_is_transcribed_without_a_server(spool: Spool, jfk: Path) -> None:
    done = spool(
        "transcribe", jfk, "--format", "srt", "--model", "tiny.en", SPOOL_SERVER="http://x"
    )
    assert done.returncode == 0, done.stderr
    cues = pysubs2.SSAFile.from_string(done.stdout, format_="srt")
    assert "do for your country" in " ".join(cue.text for cue in cues)


def test_a_transcript_as_json_has_words(spool: Spool, jfk: Path) -> None:
    done = spool("transcribe", jfk, "--format", "json", "--model", "tiny.en", "--words")
    document = json.loads(done.stdout)
    assert document["segments"][0]["words"][0]["text"] == "And"
    assert document["language_detection"]["language"] == "en"


def test_what_is_no_medium_is_one_line_and_no_traceback(spool: Spool, tmp_path: Path) -> None:
    page = tmp_path / "page.mp4"
    page.write_text("not a film")
    done = spool("transcribe", page)
    assert done.returncode == 1
    assert done.stdout == ""
    assert "Traceback" not in done.stderr
    assert "spool:" in done.stderr


def test_models_tell_what_is_here_and_what_can_be_had(spool: Spool) -> None:
    listed = spool("models", APP__MODELS__HUB="true").stdout
    assert "base\twhisper-ggml\tggml-base.bin\t148 MB\t" in listed
    assert "large-v3-turbo" in listed


def test_the_doctor_finds_a_working_house(spool: Spool) -> None:
    done = spool("doctor", APP__SERVER__PORT="0")
    assert done.returncode == 0, done.stdout
    assert done.stdout.count("ok ") == 12
    assert "ok   walls around media: " in done.stdout
    assert re.search(r"engine: faster_whisper on \w+", done.stdout)


def test_the_doctor_knows_a_running_service_by_its_port(spool: Spool) -> None:
    done = spool("doctor")
    assert done.returncode == 0, done.stdout
    assert "is running there" in done.stdout


def test_the_doctor_names_what_is_missing(spool: Spool, tmp_path: Path, unused_port: int) -> None:
    with socket.create_server(("127.0.0.1", unused_port)) as stranger:
        stranger.listen(0)
        threading.Thread(target=_hang_up, args=(stranger,), daemon=True).start()
        done = spool(
            "doctor",
            APP__SERVER__PORT=str(unused_port),
            APP__STORAGE__MODELS_DIR=str(tmp_path / "empty"),
        )
    assert done.returncode == 1
    assert "base is not here" in done.stdout
    assert f"127.0.0.1:{unused_port}: Address already in use" in done.stdout


def _hang_up(stranger: socket.socket) -> None:
    stranger.accept()[0].close()


def test_a_service_that_is_not_there_is_said_so(spool: Spool, unused_port: int) -> None:
    done = spool("jobs", "--server", f"http://127.0.0.1:{unused_port}")
    assert done.returncode == 3
    assert "no answer from" in done.stderr
    assert "spool serve" in done.stderr


def test_a_wrong_setting_is_named(spool: Spool) -> None:
    done = spool("jobs", APP__INGESTION__MAX_CONCURRENT_JOBS="0")
    assert done.returncode == 1
    assert "app.ingestion.max_concurrent_jobs" in done.stderr


def test_output_into_a_pipe_has_no_colours(spool: Spool) -> None:
    environment = {key: value for key, value in os.environ.items() if key == "NO_COLOR"}
    assert "\x1b[" not in spool("jobs", **environment).stdout


def test_what_is_said_is_printed_as_it_is_heard(spool: Spool, jfk: Path) -> None:
    done = spool("ingest", "--follow", "--priority", "interactive", jfk)
    assert done.returncode == 0, done.stderr
    job_id, *lines = done.stdout.strip().splitlines()
    assert JOB_ID.fullmatch(job_id)
    assert len(lines) >= 3 and all(re.match(r"\d+:\d\d-\d+:\d\d \S", line) for line in lines)
    assert "country" in lines[-1] and done.stderr == ""


def test_engines_are_listed_and_what_is_no_engine_is_refused(spool: Spool) -> None:
    listed = spool("engines")
    assert listed.returncode == 0, listed.stderr
    assert re.search(r"^faster_whisper\tbase\tdefault", listed.stdout, re.MULTILINE)
    refused = spool("engines", "use", "nobody", "base")
    assert refused.returncode == 1 and "nobody" in refused.stderr
    assert spool("engines", "choose").returncode == 2
