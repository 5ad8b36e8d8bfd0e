"""scripts/example_client.py, as somebody runs it who has just read it."""

import re
import subprocess
import sys
from pathlib import Path

from tests.e2e.conftest import Server
from tests.media import ROOT

PROGRAM = ROOT / "scripts" / "example_client.py"


def run(server: str, folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, str(PROGRAM), *arguments],
        cwd=folder,
        env={"SPOOL_SERVER": server, "PATH": ""},
        capture_output=True,
        text=True,
        timeout=240,
    )


def test_the_example_sends_follows_prints_and_finds(
    server: Server, jfk: Path, tmp_path: Path
) -> None:
    done = run(f"http://127.0.0.1:{server.port}", tmp_path, str(jfk), "duty to the nation")
    assert done.returncode == 0, done.stderr
    size = jfk.stat().st_size
    assert f"sent {size} of {size} bytes" in done.stdout
    heard, transcript, found = done.stdout.split("\n\n")
    assert len(re.findall(r"^ +\d+\.\d\d s  \S", heard, re.MULTILINE)) >= 3
    assert "ask what you can do for your country." in transcript
    assert re.search(r"^duty to the nation\?\n +\d+\.\d\d s  .*\(semantic", found)


def test_a_service_that_is_not_there_is_one_line(
    tmp_path: Path, jfk: Path, unused_port: int
) -> None:
    done = run(f"http://127.0.0.1:{unused_port}", tmp_path, str(jfk), "anything")
    assert done.returncode == 1
    assert done.stderr.startswith("no answer from") and "Traceback" not in done.stderr


def test_without_arguments_it_says_how_it_is_used(tmp_path: Path) -> None:
    done = run("http://127.0.0.1:1", tmp_path)
    assert done.returncode == 1 and "example_client.py talk.mp4" in done.stderr
