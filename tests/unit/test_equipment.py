"""CI does not pass by without what the locks name."""

import pytest

from tests.equipment import missing, wanted


def test_what_is_missing_is_skipped_on_a_desk_and_fails_in_ci(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("CI", raising=False)
    with pytest.raises(pytest.skip.Exception, match="moto"):
        missing("moto")
    monkeypatch.setenv("CI", "true")
    with pytest.raises(pytest.fail.Exception, match="moto"):
        missing("moto")


def test_a_module_is_wanted_as_all_else_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CI", raising=False)
    with pytest.raises(pytest.skip.Exception, match="no_such_module") as skipped:
        wanted("no_such_module")
    assert skipped.value.allow_module_level
    monkeypatch.setenv("CI", "true")
    with pytest.raises(pytest.fail.Exception, match="no_such_module"):
        wanted("no_such_module")
    assert wanted("json").loads("1") == 1
