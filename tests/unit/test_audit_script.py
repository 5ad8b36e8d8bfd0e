"""`scripts/audit`: a hole is told, and so is that nobody could be asked."""

import json
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement
from pytest_httpserver import HTTPServer

from scripts import audit
from scripts.locks import LOCKS, locked

HOLE: dict[str, Any] = {"id": "PYSEC-1", "aliases": ["CVE-1"], "fix_versions": ["2.0", "1.9"]}
SOUND: dict[str, Any] = {"name": "h11", "version": "0.16.0", "vulns": []}
HOLED: dict[str, Any] = {"name": "left", "version": "1.0", "vulns": [HOLE]}


@pytest.fixture
def silent() -> Iterator[str]:
    """An address that takes connections and never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}/"


def answering(monkeypatch: pytest.MonkeyPatch, dependencies: list[dict[str, Any]]) -> None:
    monkeypatch.setattr(audit, "reachable", lambda services: "pypi")
    monkeypatch.setattr(audit, "asked", lambda service: dependencies)


def test_where_nobody_can_be_asked_it_says_so_and_passes(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(audit, "find_spec", lambda name: object())
    monkeypatch.setattr(audit, "answers", lambda url, limit: False)
    assert audit.main() == 0
    assert capsys.readouterr().out == "audit: not audited: no network\n"


def test_without_pip_audit_it_says_so_and_passes(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(audit, "find_spec", lambda name: None)
    assert audit.main() == 0
    assert "not audited: pip-audit is not installed" in capsys.readouterr().out


def test_a_hole_is_named_with_what_mends_it_and_fails(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    answering(monkeypatch, [SOUND, HOLED])
    assert audit.main() == 1
    assert capsys.readouterr().err == "audit: left 1.0: PYSEC-1, CVE-1; mended in 2.0 or 1.9\n"


def test_no_hole_is_told_with_who_was_asked(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    answering(monkeypatch, [SOUND])
    assert audit.main() == 0
    assert capsys.readouterr().out == "audit: pypi knows of no hole in what is locked\n"


def test_what_was_not_looked_at_is_not_passed_over(monkeypatch: pytest.MonkeyPatch) -> None:
    answering(monkeypatch, [SOUND, {"name": "left", "skip_reason": "not on PyPI"}])
    assert audit.main() == 1


@pytest.mark.parametrize("name", ["PYSEC-1", "CVE-1"])
def test_a_hole_that_is_harmless_by_any_of_its_names_passes(
    monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    answering(monkeypatch, [HOLED])
    monkeypatch.setattr(audit, "HARMLESS", {name: "that part of it is not installed"})
    assert audit.main() == 0


def test_whoever_never_answers_is_given_up(silent: str) -> None:
    assert not audit.answers(silent, limit=0.5)


def test_an_index_that_knows_of_no_holes_is_not_taken_at_its_word(httpserver: HTTPServer) -> None:
    httpserver.expect_request("/mirror").respond_with_json({"vulnerabilities": []})
    httpserver.expect_request("/pypi").respond_with_json({"vulnerabilities": [{"id": audit.HOLE}]})
    assert not audit.answers(httpserver.url_for("/gone"), limit=30)
    assert not audit.answers(httpserver.url_for("/mirror"), limit=30)
    assert audit.answers(httpserver.url_for("/pypi"), limit=30)


def test_the_first_that_answers_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(audit, "find_spec", lambda name: object())
    monkeypatch.setattr(audit, "answers", lambda url, limit: "osv" in url)
    assert audit.reachable(audit.SERVICES) == "osv"


def test_every_package_that_is_locked_is_asked_for_once_and_without_hashes() -> None:
    asked = [Requirement(line).name for line in audit.requirements()]
    assert sorted(asked) == sorted({name for lock in LOCKS for name in locked(lock)})


def test_an_audit_that_takes_too_long_is_no_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    def late(*_: object, timeout: float, **__: object) -> None:
        raise subprocess.TimeoutExpired("pip-audit", timeout)

    monkeypatch.setattr("scripts.audit.subprocess.run", late)
    with pytest.raises(audit.Unanswered, match="did not answer within 7 s"):
        audit.asked("osv", limit=7)


@pytest.mark.parametrize(
    ("trouble", "outcome"),
    [
        ("ERROR:pip_audit._cli:Could not connect to PyPI's vulnerability feed", audit.Unanswered),
        ("requests.exceptions.ReadTimeout: Read timed out.", audit.Unanswered),
        ("AssertionError: it is us", audit.Failed),
        ("", audit.Failed),
    ],
)
def test_a_line_that_broke_is_told_from_a_fault(
    tmp_path: Path, trouble: str, outcome: type[Exception]
) -> None:
    with pytest.raises(outcome):
        audit.read(tmp_path / "never.json", trouble)


@pytest.mark.parametrize("told", [{"dependencies": []}, {"fixes": []}, []])
def test_an_answer_about_nothing_is_no_clean_bill(tmp_path: Path, told: object) -> None:
    written = tmp_path / "told.json"
    written.write_text(json.dumps(told))
    with pytest.raises(audit.Failed):
        audit.read(written, "")


def test_a_fault_of_pip_audit_fails_the_check(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken(service: str) -> object:
        raise audit.Failed("it is us")

    monkeypatch.setattr(audit, "reachable", lambda services: "pypi")
    monkeypatch.setattr(audit, "asked", broken)
    assert audit.main() == 2
    assert "pip-audit failed: it is us" in capsys.readouterr().err
