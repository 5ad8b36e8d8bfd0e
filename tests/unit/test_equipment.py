"""CI does not pass by without what the locks name."""

import pytest

from tests.equipment import missing


def test_what_is_missing_is_skipped_on_a_desk_and_fails_in_ci(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("CI", raising=False)
    with pytest.raises(pytest.skip.Exception, match="moto"):
        missing("moto")
    monkeypatch.setenv("CI", "true")
    with pytest.raises(pytest.fail.Exception, match="moto"):
        missing("moto")
