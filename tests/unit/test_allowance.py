"""What a medium may cost is a matter of what was sent."""

import pytest

from app.domain.allowance import most_seconds, most_work

HOUR, DAY = 3600.0, 24 * 3600.0


@pytest.mark.parametrize("rate", [16_000, 4_000, 800, 250])
@pytest.mark.parametrize("seconds", [1.0, 60.0, HOUR, 10 * HOUR, DAY])
def test_no_medium_with_sound_in_it_is_cut_short(rate: int, seconds: float) -> None:
    """Down to 2 kbit/s; and it may take as long as a slow machine needs to decode it."""
    size = int(seconds * rate)
    assert most_seconds(size, DAY) >= seconds
    assert most_work(size, 0.1 * seconds) >= 0.1 * seconds


def test_a_few_bytes_are_neither_a_day_of_sound_nor_a_minute_of_work() -> None:
    assert most_seconds(1000, DAY) < HOUR
    assert most_work(100_000, 0.0) < 30.0


def test_what_the_operator_allows_is_the_most_there_is() -> None:
    assert most_seconds(10**12, HOUR) == HOUR
    assert most_seconds(1, 60.0) == 60.0
