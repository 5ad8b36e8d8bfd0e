"""A fleet: instances, their workers, and what all of them share. How fast it is at most, by the
law of the bottleneck, and how fast it is, and how long one waits, by simulation."""

import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import count, cycle
from statistics import quantiles

from scripts.bench_scale_clock import Batches, Clock, Process, Resume, Station, Wait
from scripts.bench_scale_times import Times

MOST_PLACES = 64  # `ingestion.max_concurrent_jobs`
GROUPED = 32  # writes in one commit of SQLite
ENDPOINTS = 8  # webhooks under way at once, of the one instance that leads
SEED = 9


@dataclass(frozen=True, kw_only=True)
class Kind:
    """Of jobs. A window is 16 s of speech."""

    name: str
    windows: int


CLIP, HOUR = Kind(name="clip of 15 s", windows=1), Kind(name="hour", windows=225)


@dataclass(frozen=True, kw_only=True)
class Fleet:
    workers: int = 2
    instances: int = 1
    #: PostgreSQL, files and index in a bucket; else SQLite and folders.
    shared: bool = False
    #: Media in one commit of the index: today 1.
    batch: int = 1
    #: Tables of the index, databases, and prefixes of the bucket, each with a part of the media.
    #: Today 1.
    shards: int = 1

    @property
    def places(self) -> int:
        """Jobs at once in an instance: twice as many as keep its workers busy, if it may."""
        return min(MOST_PLACES, max(2, 2 * self.workers // self.instances))


def limits(times: Times, fleet: Fleet, kind: Kind, webhooks: bool = False) -> Mapping[str, float]:
    """Jobs a second that each station can do at most, by its name."""
    found = {
        "workers": fleet.workers / (kind.windows * times["window_heard"]),
        "interpreters": fleet.instances / _own(times, fleet, kind),
        "cores of instances": fleet.instances
        * times["instance_cores"]
        / (kind.windows * times["window_cores"]),
        "index": fleet.shards * fleet.batch / _index(times, fleet),
    }
    if fleet.shared:
        found["database"] = fleet.shards * times["server_cores"] / _server(times, kind)
        found["bucket"] = fleet.shards * times["bucket"] / times["objects"]
    else:
        found["commits"] = GROUPED / (_writes(times, kind) * times["commit"])
    if webhooks:
        found["webhooks"] = ENDPOINTS / times["receiver"]
    return found


def bottleneck(times: Times, fleet: Fleet, kind: Kind) -> tuple[str, float]:
    found = limits(times, fleet, kind)
    name = min(found, key=lambda each: found[each])
    return name, found[name]


def _own(times: Times, fleet: Fleet, kind: Kind) -> float:
    """Measured on SQLite; on PostgreSQL its writes cost more."""
    more = times["write_shared"] - times["write_local"] if fleet.shared else 0.0
    return times["job"] + times["writes"] * more + kind.windows * times["window_own"]


def _writes(times: Times, kind: Kind) -> float:
    return times["writes"] + kind.windows * times["writes_window"]


def _server(times: Times, kind: Kind) -> float:
    return _writes(times, kind) * times["write"] + times["reserve"]


def _index(times: Times, fleet: Fleet) -> float:
    return times["index_bucket" if fleet.shared else "index"]


# by simulation


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
        self._ends: list[float] = []  # of windows

    def drained(self, jobs: int) -> Run:
        """So many that all wait at the beginning."""
        left = iter(range(jobs))
        for house in self._houses:
            for _ in range(self._fleet.places):
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
        own = _own(times, self._fleet, kind) - kind.windows * times["window_own"]
        yield from house.interpreter.used(own / 2)
        yield from self._writes(times["writes"])
        yield self._all_of([self._window(house) for _ in range(kind.windows)])
        yield next(self._tables).joined
        yield from house.interpreter.used(own / 2)
        self.stays.append(self.clock.now - began)

    def _window(self, house: "House") -> Process:
        times = self._times
        yield from house.cores.used(times["window_cores"])
        yield from house.interpreter.used(times["window_own"] / 2)
        if self._fleet.shared:
            yield self.clock.rest(times["window_carried"])
        yield from house.workers.used(self._varied(times["window_heard"]))
        yield from house.interpreter.used(times["window_own"] / 2)
        yield from self._writes(times["writes_window"])
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
        yield self.clock.rest(self._varied(_index(self._times, self._fleet)))

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
