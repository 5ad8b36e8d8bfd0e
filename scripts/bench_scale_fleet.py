"""A fleet: instances, their workers, and what all of them share. How fast it is at most, by the
law of the bottleneck."""

from collections.abc import Mapping
from dataclasses import dataclass

from scripts.bench_scale_times import Times

MOST_PLACES = 64  # `ingestion.max_concurrent_jobs`
GROUPED = 32  # writes in one commit of SQLite
ENDPOINTS = 8  # webhooks under way at once, of the one instance that leads


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
        "interpreters": fleet.instances / own(times, fleet, kind),
        "cores of instances": fleet.instances
        * times["instance_cores"]
        / (kind.windows * times["window_cores"]),
        "index": fleet.shards * fleet.batch / index(times, fleet),
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


def own(times: Times, fleet: Fleet, kind: Kind) -> float:
    """Measured on SQLite; on PostgreSQL its writes cost more."""
    more = times["write_shared"] - times["write_local"] if fleet.shared else 0.0
    return times["job"] + times["writes"] * more + kind.windows * times["window_own"]


def _writes(times: Times, kind: Kind) -> float:
    return times["writes"] + kind.windows * times["writes_window"]


def _server(times: Times, kind: Kind) -> float:
    return _writes(times, kind) * times["write"] + times["reserve"]


def index(times: Times, fleet: Fleet) -> float:
    return times["index_bucket" if fleet.shared else "index"]
