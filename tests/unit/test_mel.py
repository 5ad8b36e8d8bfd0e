"""Whisper's mel bands."""

import pytest

from app.domain.mel import filters


def test_mel_filters_are_those_of_whisper() -> None:
    """The numbers are those of transformers' `mel_filter_bank`, Slaney scale and norm."""
    mel = filters(80)
    assert {len(row) for row in mel} == {201} and len(mel) == 80
    assert sum(value > 0 for row in mel for value in row) == 391
    assert mel[0][1] == pytest.approx(0.02486259, abs=1e-8)
    assert sum(mel[79]) == pytest.approx(0.02492534, abs=1e-7)
    assert len(filters(128)) == 128
