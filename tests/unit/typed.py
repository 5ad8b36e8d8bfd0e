"""`spool WORD…` as somebody types it, in this process."""

import json
import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from werkzeug import Response

from app.cli.main import run

Spool = Callable[..., "Done"]


@dataclass(frozen=True, kw_only=True)
class Done:
    #: Of the exit.
    status: int
    out: str
    err: str

    def document(self) -> Any:
        assert self.status == 0, self.err
        return json.loads(self.out)

    def lines(self) -> list[Any]:
        """Each of them JSON."""
        return [json.loads(line) for line in self.out.splitlines()]


def typist(capsys: pytest.CaptureFixture[str]) -> Spool:
    def spool(*words: object) -> Done:
        capsys.readouterr()
        status = run([str(word) for word in words])
        told = capsys.readouterr()
        return Done(status=status, out=told.out, err=told.err)

    return spool


def sit_down(monkeypatch: pytest.MonkeyPatch) -> None:
    """From here on standard output is a terminal of 80 letters."""
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    for name in ("NO_COLOR", "FORCE_COLOR", "TTY_COMPATIBLE", "TTY_INTERACTIVE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("COLUMNS", "80")


def answer(document: Any, status: int = 200) -> Response:
    return Response(json.dumps(document), status, content_type="application/json")


def refusal(status: int, code: str, hint: str | None = None) -> Response:
    return answer({"error": {"code": code, "message": f"refused: {code}", "hint": hint}}, status)
