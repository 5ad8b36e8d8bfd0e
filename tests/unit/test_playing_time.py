"""Seconds of a medium as people read them."""

import pytest

from app.domain.playing_time import clock


@pytest.mark.parametrize(
    ("seconds", "said"), [(0.0, "0:00"), (65.9, "1:05"), (3725.4, "1:02:05"), (36000.0, "10:00:00")]
)
def test_times_are_said_as_players_do(seconds: float, said: str) -> None:
    assert clock(seconds) == said
