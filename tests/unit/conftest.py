"""The command line in this process, for the tests of its commands."""

import pytest
from pytest_httpserver import HTTPServer

from tests.unit.typed import Done, Spool, sit_down, typist


@pytest.fixture
def spool(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, httpserver: HTTPServer
) -> Spool:
    """`spool("jobs", "--json")`, piped; the service is `httpserver`."""
    monkeypatch.setenv("SPOOL_SERVER", httpserver.url_for("").rstrip("/"))
    monkeypatch.delenv("SPOOL_API_KEY", raising=False)
    return typist(capsys)


@pytest.fixture
def terminal(spool: Spool, monkeypatch: pytest.MonkeyPatch) -> Spool:
    """The same, with somebody who looks at what is printed."""

    def seen(*words: object) -> Done:
        sit_down(monkeypatch)
        return spool(*words)

    return seen
