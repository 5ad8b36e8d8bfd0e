"""Where `spool keys` works, and what it says when nobody can be asked."""

from pathlib import Path

import pytest

from app.cli.key_desk import AtTheDatabase, desk
from app.client import Refused, Unreachable

NOBODY = "http://127.0.0.1:9"


@pytest.fixture(autouse=True)
def at_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("SPOOL_SERVER", raising=False)
    monkeypatch.setenv("APP__STORAGE__DATA_DIR", str(tmp_path / "data"))


def test_without_a_service_it_is_the_database_itself() -> None:
    with desk(None, None) as keys:
        assert isinstance(keys, AtTheDatabase)


def test_where_a_service_is_named_that_is_not_there_it_says_how_a_first_key_is_made(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("SPOOL_SERVER", NOBODY)
    with pytest.raises(Unreachable) as told, desk(None, None) as keys:
        keys.list()
    assert told.value.hint and "without --server and SPOOL_SERVER" in told.value.hint


def test_who_needs_a_key_to_make_one_is_told_where_to_put_it() -> None:
    with pytest.raises(Refused) as told, desk(NOBODY, None):
        raise Refused("this needs an API key", status=401, code="key.missing")
    assert told.value.hint and "SPOOL_API_KEY" in told.value.hint
