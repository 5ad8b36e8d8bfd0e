"""`spool cluster`: what its processes take along."""

import os
from typing import Any

import pytest

from tests.unit.typed import Spool

SECRETS = ("APP__TRANSCRIPTION__OPENAI_API_KEY", "DATABASE_URL", "AWS_SECRET_ACCESS_KEY")


@pytest.mark.parametrize(
    ("runs", "words"),
    [("run_scheduler", ("scheduler",)), ("run_worker", ("worker", "--host", "127.0.0.1"))],
)
def test_no_process_of_a_cluster_inherits_a_secret_of_the_settings(
    spool: Spool, monkeypatch: pytest.MonkeyPatch, runs: str, words: tuple[str, ...]
) -> None:
    """Services and workers are often given the same file of them."""
    for name in SECRETS:
        monkeypatch.setenv(name, "postgresql://spool:secret@127.0.0.1/spool")
    seen: list[set[str]] = []

    async def run(*_: Any, **__: Any) -> None:
        seen.append(set(SECRETS) & os.environ.keys())

    monkeypatch.setattr(f"app.bootstrap.cluster.{runs}", run)
    monkeypatch.setattr("app.logs.configure", lambda *_, **__: None)
    done = spool("cluster", *words)
    assert done.status == 0, done.err
    assert seen == [set()]
