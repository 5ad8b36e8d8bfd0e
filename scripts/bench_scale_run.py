"""A fleet at work, simulated: how fast it is, and how long one waits, with all stations at once."""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count, cycle
from statistics import quantiles

from scripts.bench_scale_clock import Batches, Clock, Process, Resume, Station, Wait
from scripts.bench_scale_fleet import GROUPED, Fleet, Kind, index, own
from scripts.bench_scale_times import Times

SEED = 9


@dataclass(frozen=True, kw_only=True)
class Run:
    #: Jobs a second, of the half in the middle: neither while it fills nor while it empties.
    rate: float
    #: Seconds from the request to the end of the job, index included.
    median: float
    slowest: float  # 99 of 100 are faster


class Model:
    """Service times of workers, servers and the index vary as exponential ones do."""

    def __init__(self, times: Times, fleet: Fleet, kind: Kind) -> None:
        self.clock, self._chance = Clock(), random.Random(SEED)
        self._times, self._fleet, self._kind = times, fleet, kind
        self._houses = [House(self.clock, times, fleet) for _ in range(fleet.instances)]
        servers = int(times["server_cores"])
        shards = range(fleet.shards)
        self._databases = cycle([Station(self.clock, servers) for _ in shards])
        self._tables = cycle([Batches(self.clock, fleet.batch, self._kept) for _ in shards])
        self._commits = Batches(self.clock, GROUPED, self._committed)
        self.stays: list[float] = []
        #: Of jobs; of windows where a job has many: jobs that begin together end together.
        self._ends: list[float] = []

    def drained(self, jobs: int) -> Run:
        """So many that all wait at the beginning."""
        left = iter(range(jobs))
        for _ in range(self._fleet.places):
            for house in self._houses:
                self.clock.begin(self._place(house, left))
        self.clock.run()
        return self._told()

    def fed(self, jobs: int, rate: float) -> Run:
        """So many that come at random, so many a second."""
        self.clock.begin(self._arrivals(jobs, rate))
        self.clock.run()
        return self._told()

    def _told(self) -> Run:
        parts = quantiles(self.stays, n=100, method="inclusive")
        first, last = len(self._ends) // 4, len(self._ends) * 3 // 4
        seconds = self._ends[last] - self._ends[first]
        rate = (last - first) / self._kind.windows / seconds
        return Run(rate=rate, median=parts[49], slowest=parts[98])

    def _place(self, house: "House", left: Iterator[int]) -> Process:
        for _ in left:
            yield from self._job(house)

    def _arrivals(self, jobs: int, rate: float) -> Process:
        houses = cycle(self._houses)
        for _ in range(jobs):
            yield self.clock.rest(self._chance.expovariate(rate))
            self.clock.begin(self._waiting(next(houses)))

    def _waiting(self, house: "House") -> Process:
        came = self.clock.now
        yield house.places.taken
        yield from self._job(house)
        house.places.left()
        self.stays[-1] = self.clock.now - came

    def _job(self, house: "House") -> Process:
        began, kind, times = self.clock.now, self._kind, self._times
        spent = own(times, self._fleet, kind) - kind.windows * times["window_own"]
        yield from house.interpreter.used(spent / 2)
        yield from self._writes(times["writes"])
        yield self._all_of([self._window(house) for _ in range(kind.windows)])
        yield next(self._tables).joined
        yield from house.interpreter.used(spent / 2)
        self.stays.append(self.clock.now - began)
        if kind.windows == 1:
            self._ends.append(self.clock.now)

    def _window(self, house: "House") -> Process:
        """What can be done ahead is; then it is given to a worker once one is free."""
        times = self._times
        yield from house.cores.used(times["window_cores"])
        if self._fleet.shared:
            yield self.clock.rest(times["window_carried"])
        yield house.workers.taken
        yield from house.interpreter.used(times["window_own"] / 2)
        yield self.clock.rest(self._varied(times["window_heard"]))
        house.workers.left()
        yield from house.interpreter.used(times["window_own"] / 2)
        yield from self._writes(times["writes_window"])
        if self._kind.windows > 1:
            self._ends.append(self.clock.now)

    def _writes(self, number: float) -> Process:
        if self._fleet.shared:
            seconds = number * self._times["write"]
            yield from next(self._databases).used(self._varied(seconds))
        else:
            for _ in range(round(number)):
                yield self._commits.joined

    def _committed(self, number: int) -> Process:
        yield self.clock.rest(self._times["commit"])

    def _kept(self, number: int) -> Process:
        yield self.clock.rest(self._varied(index(self._times, self._fleet)))

    def _varied(self, mean: float) -> float:
        return self._chance.expovariate(1 / mean)

    def _all_of(self, processes: list[Process]) -> Wait:
        def begin(resume: Resume) -> None:
            ended = count(1)

            def one(process: Process) -> Process:
                yield from process
                if next(ended) == len(processes):
                    self.clock.after(0.0, resume)

            for process in processes:
                self.clock.begin(one(process))

        return begin


class House:
    """An instance on a machine of its own, with its share of the workers."""

    def __init__(self, clock: Clock, times: Times, fleet: Fleet) -> None:
        self.interpreter = Station(clock)
        self.cores = Station(clock, int(times["instance_cores"]))
        self.workers = Station(clock, max(1, fleet.workers // fleet.instances))
        self.places = Station(clock, fleet.places)
