"""Where the command line looks for the service."""

import pytest

from app.cli.service import service


@pytest.mark.parametrize(
    ("host", "found"),
    [
        ("127.0.0.1", "http://127.0.0.1:8000"),
        ("0.0.0.0", "http://127.0.0.1:8000"),
        ("::", "http://[::1]:8000"),
        ("::1", "http://[::1]:8000"),
        ("fd00::7", "http://[fd00::7]:8000"),
        ("box.local", "http://box.local:8000"),
    ],
)
def test_an_address_of_colons_stands_in_brackets(
    monkeypatch: pytest.MonkeyPatch, host: str, found: str
) -> None:
    monkeypatch.delenv("SPOOL_SERVER", raising=False)
    monkeypatch.setenv("APP__SERVER__HOST", host)
    monkeypatch.setenv("APP__SERVER__PORT", "8000")
    asked: list[str] = []
    monkeypatch.setattr("app.cli.service.Spool", lambda url, key: asked.append(url))
    service(None, None)
    assert asked == [found]
