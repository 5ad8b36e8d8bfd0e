"""`spool` itself: its help, what it imports, how it ends."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from pytest_httpserver import HTTPServer
from typer.core import TyperGroup
from typer.testing import CliRunner

from app.cli import jobs as jobs_command
from app.cli.commands import COMMANDS, ROOMS
from app.cli.main import cli
from tests.media import ROOT
from tests.unit.typed import Spool, refusal

#: Each takes a tenth of a second or more, and is of no use to a page of help.
SLOW = {"app.client", "app.config", "httpx2", "pydantic", "rich", "app.adapters", "app.bootstrap"}


def imported(*words: str, **environment: str) -> set[str]:
    """What `spool WORD…` imports, of what is slow."""
    program = (
        "import sys\nfrom app.cli.main import run\nstatus = run(sys.argv[1:])\n"
        "print('\\n' + '\\n'.join(sys.modules))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, *words],
        env={"PYTHONPATH": str(ROOT), "PATH": "", **environment},
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    return SLOW & set(done.stdout.splitlines())


def test_help_fits_a_screen_of_80_by_24(spool: Spool) -> None:
    done = spool("--help")
    lines = done.out.splitlines()
    assert done.status == 0
    assert len(lines) < 24 and max(map(len, lines)) <= 80


def test_help_names_every_command_with_what_it_is_for(spool: Spool) -> None:
    said = spool("--help").out
    assert [name for name in COMMANDS if name not in said] == []
    assert "Send files, folders or URLs" in said


def test_help_imports_no_command() -> None:
    assert imported("--help") == set()


def test_a_list_into_a_pipe_imports_the_client_and_no_more(httpserver: HTTPServer) -> None:
    httpserver.expect_request("/api/v1/jobs").respond_with_json({"jobs": [], "cursor": None})
    server = httpserver.url_for("").rstrip("/")
    found = imported("jobs", SPOOL_SERVER=server)
    assert found == {"app.client", "httpx2", "pydantic"}, "the last one is Typer's own"


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_a_help_of_its_own(spool: Spool, name: str) -> None:
    done = spool(name, "--help")
    assert done.status == 0 and f"Usage: spool {name}" in done.out
    assert max(len(line) for line in done.out.splitlines()) <= 80


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_that_tells_something_tells_it_as_json(name: str) -> None:
    silent = {"serve", "transcribe", "completion", "mcp"}  # transcribe: --format json
    partly = {"webhooks": ["secret"], "cluster": ["scheduler", "worker"]}
    made = COMMANDS[name].load()
    each = made.commands.values() if isinstance(made, TyperGroup) else [made]
    lacking = [
        one.name
        for one in each
        if "--json" not in [option for param in one.params for option in param.opts]
    ]
    assert lacking == ([name] if name in silent else partly.get(name, []))


def test_whatever_takes_media_in_asks_in_the_same_words() -> None:
    said: dict[str, set[str]] = {}
    for command in ROOMS["Take in"]:
        for param in command.load().params:
            said.setdefault(param.name, set()).add(param.help)
    assert said["language"] == {"Code or name; else detected."}
    assert {name for name, words in said.items() if len(words) > 1} == {"as_json"}


def test_without_words_it_says_what_there_is_and_that_this_was_not_it(spool: Spool) -> None:
    done = spool()
    assert (done.status, done.out) == (2, "") and "Usage: spool" in done.err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["ingset"], "No such command 'ingset'. Did you mean 'ingest'?"),
        (["jobs", "--nope"], "No such option: --nope"),
        (["jobs", "--status", "lost"], "'lost' is not one of"),
        (["ingest"], "Missing argument"),
        (["jobs", "cancel"], "Missing argument"),
        (["search"], "name what to look for"),
        (["jobs", "--server", "nowhere://x"], "is no address of a service"),
        (["watch", "/no/such/folder"], "is no folder"),
    ],
)
def test_wrong_usage_ends_with_2_and_one_line_that_says_what(
    spool: Spool, httpserver: HTTPServer, words: list[str], said: str
) -> None:
    done = spool(*words)
    first, *hint = done.err.splitlines()
    assert (done.status, done.out) == (2, "")
    assert first.startswith("spool: ") and said in first, done.err
    assert len(hint) <= 1 and all(line.startswith("  ") for line in hint)
    assert httpserver.log == []


def test_a_refusal_ends_with_1_and_the_words_of_the_service(
    spool: Spool, httpserver: HTTPServer
) -> None:
    said = refusal(404, "job.not_found", "see the list")
    httpserver.expect_request("/api/v1/jobs/x").respond_with_response(said)
    done = spool("jobs", "x")
    assert (done.status, done.out) == (1, "")
    assert done.err == "spool: refused: job.not_found\n  see the list\n"


def test_a_service_that_does_not_answer_ends_with_3(spool: Spool, unused_port: int) -> None:
    done = spool("jobs", "--server", f"http://127.0.0.1:{unused_port}")
    assert (done.status, done.out) == (3, "")
    assert done.err.startswith("spool: no answer from") and "spool serve" in done.err


def test_an_interruption_ends_with_130(spool: Spool, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(jobs_command, "service", interrupted)
    done = spool("jobs")
    assert (done.status, done.out, done.err) == (130, "", "")


def test_a_wrong_setting_is_named(
    spool: Spool, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("SPOOL_SERVER")
    monkeypatch.setenv("APP__SERVER__PORT", "many")
    done = spool("jobs")
    assert done.status == 1 and "app.server.port" in done.err


def test_the_command_line_can_be_used_by_typers_own_runner() -> None:
    """Its errors are then exceptions, and its help is the same."""
    done = CliRunner().invoke(cli, ["--help"])
    assert done.exit_code == 0 and "dead-letters" in done.output


def completed(monkeypatch: pytest.MonkeyPatch, spool: Spool, line: str) -> list[str]:
    """What bash is told at the end of this line."""
    words = line.split(" ")
    monkeypatch.setenv("_SPOOL_COMPLETE", "complete_bash")
    monkeypatch.setenv("COMP_WORDS", line)
    monkeypatch.setenv("COMP_CWORD", str(len(words) - 1))
    with pytest.raises(SystemExit) as ended:
        spool()
    assert ended.value.code == 0
    return words


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("spool jo", ["jobs"]),
        ("spool jobs ca", ["cancel"]),
        ("spool jobs --sta", ["--status"]),
        ("spool jobs --status f", ["failed"]),
        ("spool result x --format s", ["srt"]),
        ("spool search --media-type key", ["keyframe"]),
        ("spool completion z", ["zsh"]),
    ],
)
def test_commands_options_and_words_are_completed(
    monkeypatch: pytest.MonkeyPatch,
    spool: Spool,
    capsys: pytest.CaptureFixture[str],
    line: str,
    said: list[str],
) -> None:
    completed(monkeypatch, spool, line)
    assert capsys.readouterr().out.split() == said


@pytest.mark.parametrize("line", ["spool jobs 8a", "spool result 8a", "spool cancel x 8a"])
def test_ids_of_jobs_are_completed_where_a_service_answers(
    monkeypatch: pytest.MonkeyPatch,
    spool: Spool,
    capsys: pytest.CaptureFixture[str],
    httpserver: HTTPServer,
    line: str,
) -> None:
    jobs = [{"job_id": each, "status": "Failed", "title": "t"} for each in ("8a31", "9b42")]
    httpserver.expect_request("/api/v1/jobs").respond_with_json({"jobs": jobs, "cursor": None})
    completed(monkeypatch, spool, line)
    assert capsys.readouterr().out.split() == ["8a31"]


def test_ids_of_links_are_completed_where_one_is_revoked(
    monkeypatch: pytest.MonkeyPatch,
    spool: Spool,
    capsys: pytest.CaptureFixture[str],
    httpserver: HTTPServer,
) -> None:
    shares = [{"share_id": each, "asset_id": "talk"} for each in ("8a31", "9b42")]
    httpserver.expect_request("/api/v1/shares").respond_with_json({"shares": shares})
    completed(monkeypatch, spool, "spool share --revoke 9")
    assert capsys.readouterr().out.split() == ["9b42"]


def test_without_a_service_no_id_is_completed_and_nothing_is_said(
    monkeypatch: pytest.MonkeyPatch, spool: Spool, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("SPOOL_SERVER", "http://127.0.0.1:9")
    completed(monkeypatch, spool, "spool jobs cancel 8a")
    assert capsys.readouterr() == ("\n", "")


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_each_shell_is_given_its_script(spool: Spool, shell: str) -> None:
    done = spool("completion", shell)
    assert done.status == 0 and "_SPOOL_COMPLETE" in done.out and "complete" in done.out


def test_bash_completes_with_that_script(spool: Spool, tmp_path: Path) -> None:
    tool = tmp_path / "spool"
    tool.write_text(f'#!/bin/sh\nPYTHONPATH={ROOT} exec {sys.executable} -m app "$@"\n')
    tool.chmod(0o755)
    program = (
        f"{spool('completion', 'bash').out}\n"
        "COMP_WORDS=(spool dead) COMP_CWORD=1\n_spool_completion spool\n"
        'printf "%s\\n" "${COMPREPLY[@]}"'
    )
    environment = {"PATH": f"{tmp_path}:/usr/bin:/bin"}
    done = subprocess.run(
        ["bash", "--norc", "-c", program], env=environment, capture_output=True, text=True
    )
    assert (done.stdout, done.stderr) == ("dead-letters\n", "")


def test_who_has_read_enough_is_not_told_of_it() -> None:
    reader, writer = os.pipe()
    os.close(reader)
    done = subprocess.run(
        [sys.executable, "-m", "app", "completion", "bash"],
        env={"PYTHONPATH": str(ROOT), "PATH": ""},
        stdout=writer,
        stderr=subprocess.PIPE,
        timeout=60,
    )
    os.close(writer)
    assert (done.returncode, done.stderr) == (0, b"")


def test_json_is_whole_and_not_escaped(spool: Spool, httpserver: HTTPServer) -> None:
    page = {"jobs": [{"job_id": "1", "title": "Zoë, 日本"}], "cursor": None}
    httpserver.expect_request("/api/v1/jobs").respond_with_json(page)
    done = spool("jobs", "--json")
    assert json.loads(done.out) == page and "Zoë, 日本" in done.out


def test_jobs_of_a_kind_are_listed(spool: Spool, httpserver: HTTPServer) -> None:
    """Those on key-frames stand in no other list."""
    asked = {"media_type": "keyframe", "status": "failed", "limit": "20"}
    found = httpserver.expect_request("/api/v1/jobs", query_string=asked)
    found.respond_with_json({"jobs": [], "cursor": None})
    done = spool("jobs", "--media-type", "keyframe", "--status", "failed")
    assert (done.status, done.out) == (0, "")


def test_a_word_that_is_none_of_a_choice_is_refused_without_the_words_of_a_validator(
    spool: Spool,
) -> None:
    done = spool("jobs", "--status", "xyz")
    assert done.status == 2
    assert done.err.startswith("spool: Invalid value for '--status': 'xyz' is not one of 'pending'")
