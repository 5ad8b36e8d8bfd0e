"""The simulation of `scripts/bench scale` beside what queueing theory says for certain."""

import math
import random
from statistics import mean

import pytest

from scripts.bench_scale_clock import Batches, Clock, Process, Station

CUSTOMERS = 60_000
SEED = 7


class Visits:
    """An open line: customers come at random, are served at random, and go."""

    def __init__(self, *, rate: float, service: float, servers: int) -> None:
        self.clock = Clock()
        self.station = Station(self.clock, servers)
        self.stays: list[float] = []
        self._chance = random.Random(SEED)
        self._rate, self._service = rate, service
        self.clock.begin(self._arrivals())
        self.clock.run()

    def _arrivals(self) -> Process:
        for _ in range(CUSTOMERS):
            yield self.clock.rest(self._chance.expovariate(self._rate))
            self.clock.begin(self._visit())

    def _visit(self) -> Process:
        came = self.clock.now
        yield from self.station.used(self._chance.expovariate(1 / self._service))
        self.stays.append(self.clock.now - came)


def erlang_c(servers: int, offered: float) -> float:
    """How likely one has to wait, by A. K. Erlang."""
    full = offered**servers / math.factorial(servers) * servers / (servers - offered)
    return full / (sum(offered**k / math.factorial(k) for k in range(servers)) + full)


@pytest.mark.parametrize("load", [0.3, 0.5, 0.8])
def test_one_server_keeps_people_as_long_as_theory_says(load: float) -> None:
    """M/M/1: service / (1 - load)."""
    line = Visits(rate=load, service=1.0, servers=1)

    assert mean(line.stays) == pytest.approx(1.0 / (1.0 - load), rel=0.1)
    assert line.station.load() == pytest.approx(load, rel=0.03)


@pytest.mark.parametrize(("servers", "load"), [(2, 0.7), (8, 0.8), (50, 0.9)])
def test_many_servers_with_one_line_do_as_well(servers: int, load: float) -> None:
    """M/M/c."""
    line = Visits(rate=load * servers, service=1.0, servers=servers)

    wait = erlang_c(servers, load * servers) / (servers * (1.0 - load))
    assert mean(line.stays) == pytest.approx(1.0 + wait, rel=0.1)


def test_people_inside_are_their_rate_times_their_stay() -> None:
    """Little's law, of a closed line with three stations: who leaves comes back at once."""
    clock, chance, inside, ends = Clock(), random.Random(SEED), 12, list[float]()
    stations = [Station(clock, servers) for servers in (1, 2, 4)]

    def customer() -> Process:
        while clock.now < 5_000:
            began = clock.now
            for station in stations:
                yield from station.used(chance.expovariate(1.0))
            ends.append(clock.now - began)

    for _ in range(inside):
        clock.begin(customer())
    clock.run()
    assert len(ends) / clock.now * mean(ends) == pytest.approx(inside, rel=0.02)
    assert len(ends) / clock.now <= 1.0 * 1.02, "no faster than the slowest station"


def test_a_full_server_is_never_idle_and_serves_in_order() -> None:
    clock = Clock()
    station, order = Station(clock), list[int]()

    def customer(number: int) -> Process:
        yield from station.used(2.0)
        order.append(number)

    for number in range(5):
        clock.begin(customer(number))
    clock.run()
    assert (clock.now, order, station.load()) == (10.0, [0, 1, 2, 3, 4], 1.0)


def test_who_waits_at_the_same_moment_shares_a_turn() -> None:
    clock, turns = Clock(), list[int]()

    def turn(number: int) -> Process:
        turns.append(number)
        yield clock.rest(1.0)

    batches = Batches(clock, 4, turn)

    def customer() -> Process:
        yield batches.joined

    for _ in range(7):
        clock.begin(customer())
    clock.run()
    assert turns == [4, 3]
    assert clock.now == 2.0


def test_a_clock_may_be_stopped_before_the_end() -> None:
    clock, told = Clock(), list[float]()

    def ticks() -> Process:
        while True:
            yield clock.rest(1.0)
            told.append(clock.now)

    clock.begin(ticks())
    clock.run(until=3.5)
    assert told == [1.0, 2.0, 3.0]


@pytest.mark.parametrize("servers", [1, 2, 4])
def test_more_servers_are_never_slower(servers: int) -> None:
    few, many = (Visits(rate=0.9, service=1.0, servers=number) for number in (servers, servers + 1))

    assert mean(many.stays) < mean(few.stays)
