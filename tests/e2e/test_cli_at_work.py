"""The command line at work: folders, terminals, interruptions, and what becomes of what it sent."""

import json
import os
import pty
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx2
import pytest

from tests.e2e.conftest import Server
from tests.media import ROOT
from tests.pictures import scene

Run = Callable[..., subprocess.CompletedProcess[str]]
HARBOUR = "# Harbours\n\nA country without a harbour builds no ships at all.\n"


def command(*words: str | Path) -> list[str]:
    return [sys.executable, "-m", "app", *map(str, words)]


@pytest.fixture
def environment(server: Server) -> dict[str, str]:
    return server.environment | {"PYTHONPATH": str(ROOT), "TERM": "xterm", "COLUMNS": "80"}


@pytest.fixture
def spool(environment: dict[str, str], tmp_path: Path) -> Run:
    def run(*words: str | Path) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            command(*words),
            cwd=tmp_path,
            env=environment,
            capture_output=True,
            text=True,
            timeout=240,
        )

    return run


def lines(done: subprocess.CompletedProcess[str]) -> list[dict[str, Any]]:
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


@pytest.fixture
def archive(tmp_path: Path, jfk: Path) -> Path:
    folder = tmp_path / "archive"
    (folder / "notes").mkdir(parents=True)
    (folder / "notes" / "harbours.md").write_text(HARBOUR)
    (folder / "notes" / ".draft.md").write_text("# Not yet")
    (folder / "data.json").write_text("{}")
    scene(folder / "evening.jpg", "darkblue", "orange")
    shutil.copy(jfk, folder / "speech.flac")
    return folder


def test_a_folder_is_taken_in_found_read_corrected_and_deleted(
    spool: Run, server: Server, archive: Path, tmp_path: Path
) -> None:
    ended = lines(spool("ingest", "archive", "--wait", "--json", "--labels", "at-work"))
    by_name = {Path(job["source"]).name: job for job in ended}
    assert sorted(by_name) == ["evening.jpg", "harbours.md", "speech.flac"]
    assert {job["status"] for job in ended} == {"Completed"}
    assert httpx2.get(by_name["speech.flac"]["status_url"]).json()["status"] == "Completed"

    found = spool("search", "building ships", "--label", "at-work", "--media-type", "text")
    cells = found.stdout.splitlines()[0].split("\t")
    assert "harbour" in cells[2]
    assert "harbour" in httpx2.get(cells[4]).text, "the link leads to it"
    alike = spool("search", "--image", archive / "evening.jpg", "--label", "at-work", "--json")
    assert json.loads(alike.stdout)["hits"][0]["title"] == "evening.jpg"

    saved = spool("result", by_name["speech.flac"]["job_id"], "--format", "srt", "-o", tmp_path)
    assert saved.stdout.strip() == str(tmp_path / "speech.srt")
    assert "-->" in (tmp_path / "speech.srt").read_text()

    speech = by_name["speech.flac"]["asset_id"]
    link = spool("share", speech, "--days", "1").stdout.strip()
    assert "country" in httpx2.get(link).text
    [shared] = json.loads(spool("share", speech, "--list", "--json").stdout)
    assert spool("share", "--revoke", shared["share_id"]).returncode == 0
    assert httpx2.get(link).status_code == 404

    asset_id = by_name["harbours.md"]["asset_id"]
    edited = spool("assets", "edit", asset_id, "--title", "Of ships", "--labels", "sea", "--json")
    assert json.loads(edited.stdout)["labels"] == ["sea"]
    assert f"{asset_id}\ttext\tsea\tOf ships\n" in spool("assets").stdout
    assert "country" in spool("result", asset_id).stdout
    assert spool("assets", "delete", asset_id).stdout == f"{asset_id} deleted\n"
    gone = spool("assets", asset_id)
    assert (gone.returncode, gone.stdout) == (1, "")


def test_a_glob_in_quotes_is_understood_here(spool: Run, archive: Path) -> None:
    [job] = lines(spool("ingest", "**/*.md", "--json"))
    assert job["source"] == "archive/notes/harbours.md"
    missing = spool("ingest", "**/*.mkv")
    assert missing.returncode == 2 and "no such files" in missing.stderr


def test_watching_takes_each_file_once_also_when_begun_again(spool: Run, tmp_path: Path) -> None:
    folder = tmp_path / "watched"
    folder.mkdir()
    (folder / "tides.md").write_text("# Tides\n\nThe moon pulls the sea, watched by a test.\n")
    words = ("watch", folder, "--once", "--every", "0.2", "--json")
    [taken] = lines(spool(*words))
    assert taken["source"] == str(folder / "tides.md")
    assert lines(spool(*words)) == []
    shown = json.loads(spool("jobs", taken["job_id"], "--json").stdout)
    assert shown["title"] == "tides.md"


def test_how_it_goes_is_told_with_what_the_service_has(spool: Run) -> None:
    told = json.loads(spool("stats", "--json").stdout)
    assert told["jobs"].keys() >= {"pending", "completed"}
    assert told["load"]["system"]["workers"]["total"] >= 1
    assert len(lines(spool("stats", "--follow", "--count", "2", "--every", "0.1", "--json"))) == 2


def test_ctrl_c_ends_it_with_130_and_says_which_jobs_go_on(
    environment: dict[str, str], server: Server, two_cities: Path, tmp_path: Path
) -> None:
    """The job is so long that it is at work for sure when the signal comes."""
    words = command("ingest", "--wait", "--priority", "batch", "--words", two_cities)
    with subprocess.Popen(
        words,
        cwd=tmp_path,
        env=environment,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        assert process.stdout is not None
        job_id = process.stdout.readline().strip()
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert err.startswith("spool: interrupted") and f"  {job_id}  {two_cities}" in err
    assert "Traceback" not in err
    assert server.ended(job_id)["status"] == "Completed"


def looked_at(words: list[str], folder: Path, environment: dict[str, str], out: int) -> str:
    """What a terminal is shown on standard error, and with `out` 1 on standard output, too."""
    screen, process_end = pty.openpty()
    with (folder / "out.txt").open("wb") as file:
        process = subprocess.Popen(
            words,
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=process_end if out else file,
            stderr=process_end,
        )
    os.close(process_end)
    shown = b""
    while True:
        try:
            chunk = os.read(screen, 65536)
        except OSError:  # the other end is closed, as Linux says it
            break
        if not chunk:
            break
        shown += chunk
    os.close(screen)
    assert process.wait(120) == 0, shown
    return shown.decode()


def test_bars_are_shown_and_ids_still_go_where_they_are_sent(
    environment: dict[str, str], archive: Path
) -> None:
    """A bug once: bars on a terminal took what was printed into a file to the terminal."""
    shown = looked_at(command("ingest", "--wait", "notes"), archive, environment, out=0)
    assert "harbours.md" in shown and "100%" in shown and "Completed" in shown
    assert re.fullmatch(r"[0-9a-f-]{36}\n", (archive / "out.txt").read_text())


def test_of_many_files_only_the_totals_stay(environment: dict[str, str], tmp_path: Path) -> None:
    many = tmp_path / "many"
    many.mkdir()
    for number in range(12):
        (many / f"page {number}.md").write_text(f"# Page {number}\n\nOne of a dozen, {number}.\n")
    shown = looked_at(command("ingest", "--wait", "many"), tmp_path, environment, out=0)
    last = shown.rpartition("12 in all")[2]
    assert "12 sent, 12 ended, 0 failed" in last and "page" not in last


def test_who_reads_no_further_makes_it_no_failure(
    environment: dict[str, str], tmp_path: Path
) -> None:
    """As `spool jobs | head -1`; unbuffered, so that the command itself meets the shut pipe."""
    reader, writer = os.pipe()
    os.close(reader)
    shut = environment | {"PYTHONUNBUFFERED": "1"}
    with os.fdopen(writer, "wb") as out:
        words = command("jobs", "--json")
        done = subprocess.run(
            words, cwd=tmp_path, env=shut, stdout=out, stderr=subprocess.PIPE, check=False
        )
    assert (done.returncode, done.stderr) == (0, b"")


def test_tables_on_a_terminal_have_heads_and_colours(
    environment: dict[str, str], tmp_path: Path
) -> None:
    shown = looked_at(command("jobs"), tmp_path, environment, out=1)
    assert "status" in shown.splitlines()[0] and "\x1b[1m" in shown
    plain = looked_at(command("doctor"), tmp_path, environment | {"NO_COLOR": "1"}, out=1)
    assert not re.search(r"\x1b\[3\dm", plain) and "ok   ffmpeg" in plain
