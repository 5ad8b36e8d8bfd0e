"""`--api-key`: from where a command takes the key."""

import io
import sys
from pathlib import Path

import pytest
from pytest_httpserver import HTTPServer

from tests.unit.typed import Spool, answer

KEY = "spool_of_the_tests"


@pytest.fixture
def closed(httpserver: HTTPServer) -> HTTPServer:
    """A service that shows its jobs to this key alone."""
    headers = {"Authorization": f"Bearer {KEY}"}
    jobs = httpserver.expect_request("/api/v1/jobs", headers=headers)
    jobs.respond_with_response(answer({"jobs": [], "cursor": None}))
    return httpserver


def test_a_key_is_read_from_a_file(spool: Spool, closed: HTTPServer, tmp_path: Path) -> None:
    file = tmp_path / "key"
    file.write_text(f"{KEY}\n")
    assert spool("jobs", "--api-key", f"@{file}").status == 0


def test_a_key_is_read_from_a_line_of_standard_input(
    spool: Spool, closed: HTTPServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO(f"{KEY}\nand more\n"))
    assert spool("jobs", "--api-key", "-").status == 0
    assert sys.stdin.read() == "and more\n"


def test_a_key_may_stand_on_the_line_all_the_same(spool: Spool, closed: HTTPServer) -> None:
    assert spool("jobs", "--api-key", KEY).status == 0


@pytest.mark.parametrize(("content", "said"), [(None, "no key can be read"), ("\n", "no key")])
def test_a_file_without_a_key_is_named(
    spool: Spool, tmp_path: Path, content: str | None, said: str
) -> None:
    file = tmp_path / "key"
    if content is not None:
        file.write_text(content)
    done = spool("jobs", "--api-key", f"@{file}")
    assert done.status == 2 and said in done.err
