"""So many a minute, and no memory without bounds."""

from dataclasses import dataclass

from app.web.pace import Pace


@dataclass
class Ticks:
    now: float = 1000.0

    def __call__(self) -> float:
        return self.now


def test_a_minute_has_so_many_and_says_when_there_is_the_next() -> None:
    clock = Ticks()
    pace = Pace(6, clock=clock)
    assert [pace.take("a") for _ in range(6)] == [0.0] * 6
    assert pace.take("a") == 10.0
    assert pace.take("b") == 0.0
    clock.now += 9.5
    assert pace.take("a") == 0.5
    clock.now += 0.5
    assert pace.take("a") == 0.0
    assert pace.take("a") == 10.0


def test_who_is_refused_does_not_wait_longer_for_asking_again() -> None:
    clock = Ticks()
    pace = Pace(60, clock=clock)
    taken = [pace.take("a") for _ in range(1000)]
    assert taken.count(0.0) == 60 and set(taken) == {0.0, 1.0}


def test_a_steady_client_at_the_limit_is_never_refused() -> None:
    clock = Ticks()
    pace = Pace(600, clock=clock)
    for _ in range(5000):
        assert pace.take("a") == 0.0
        clock.now += 0.1


def test_waiting_takes_none() -> None:
    pace = Pace(1, clock=Ticks())
    assert [pace.wait("a"), pace.wait("a"), len(pace)] == [0.0, 0.0, 0]
    assert pace.take("a") == 0.0
    assert pace.wait("a") == 60.0


def test_however_many_come_memory_is_bounded_and_who_comes_often_is_remembered() -> None:
    pace = Pace(1, most=100, clock=Ticks())
    pace.take("busy")
    for number in range(10_000):
        pace.take(str(number))
        assert pace.take("busy") == 60.0
        assert len(pace) <= 100
    assert pace.take("0") == 0.0
