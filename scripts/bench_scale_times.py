"""Service times that the model is made of, and where each was measured."""

from collections.abc import Mapping
from dataclasses import dataclass, replace


@dataclass(frozen=True, kw_only=True)
class Time:
    what: str
    value: float
    unit: str
    #: Where it was measured, or who says so.
    source: str


HERE = "measured now"
LONG = "scripts/bench long, an hour by tiny.en"
DRAIN = "bench scale, parts of a job that does nothing"
INDEX = "bench scale, the index by itself"
ASSUMED = "assumed"
COUNTED = "bench scale, jobs of speech"

#: By name. What `measured` finds on this machine takes the place of it.
TABLE: Mapping[str, Time] = {
    "job": Time(
        what="job with its upload and index, less its windows, of the interpreter",
        value=0.13,
        unit="s",
        source=COUNTED,
    ),
    "write_local": Time(
        what="a write on SQLite, of the interpreter", value=0.0018, unit="s", source=DRAIN
    ),
    "write_shared": Time(
        what="a write on PostgreSQL, of the interpreter", value=0.0023, unit="s", source=DRAIN
    ),
    "commit": Time(
        what="commit on SQLite, of up to 32 at once: the wait", value=0.0018, unit="s", source=DRAIN
    ),
    "write": Time(
        what="one write, of PostgreSQL's processes", value=0.00085, unit="s", source=DRAIN
    ),
    "reserve": Time(
        what="look for a job in the queue, of PostgreSQL's processes",
        value=0.00072,
        unit="s",
        source=DRAIN,
    ),
    "window_own": Time(
        what="window of 16 s of speech, of the interpreter",
        value=2.14 * 16 / 3600,
        unit="s",
        source=LONG,
    ),
    "window_heard": Time(
        what="the same, of a worker", value=59.39 * 16 / 3600, unit="s", source=LONG
    ),
    "window_cores": Time(
        what="the same, of the instance's other processes",
        value=10.51 * 16 / 3600,
        unit="s",
        source=LONG,
    ),
    "window_carried": Time(
        what="the same, carried to a cluster and back",
        value=0.053,
        unit="s",
        source="trial with Dask on one machine, beside other work",
    ),
    "index": Time(what="media put into an index in a folder", value=0.06, unit="s", source=INDEX),
    "index_bucket": Time(
        what="the same in a bucket (two commits)",
        value=0.215,
        unit="s",
        source="trial on a stand-in for S3 (moto), beside other work",
    ),
    "search_100k": Time(
        what="hybrid search, 100,000 moments: median", value=0.055, unit="s", source="bench search"
    ),
    "search_1m": Time(what="the same, 1,000,000", value=0.116, unit="s", source="bench search"),
    "search_spread": Time(
        what="95th percentile of it beside the median", value=1.51, unit="x", source="bench search"
    ),
    "build": Time(
        what="index built anew, a million moments", value=132.0, unit="s", source="bench search"
    ),
    "moment": Time(
        what="a moment on disk, index and database",
        value=4_800.0 + 2_100.0,
        unit="bytes",
        source="bench search",
    ),
    "receiver": Time(what="answer of whoever gets a webhook", value=0.1, unit="s", source=ASSUMED),
    "claim_deep": Time(
        what="claim with 100,000 queued beside one with 1,000", value=0.96, unit="x", source=DRAIN
    ),
    "row": Time(
        what="job in the database, with its attempt", value=2_600.0, unit="bytes", source=DRAIN
    ),
    "server_cores": Time(what="cores of the database server", value=16.0, unit="", source=ASSUMED),
    "instance_cores": Time(
        what="cores of an instance's machine", value=16.0, unit="", source=ASSUMED
    ),
    "bucket": Time(
        what="objects written to one prefix",
        value=3_500.0,
        unit="/s",
        source="Amazon's documentation of S3",
    ),
    "objects": Time(
        what="objects that one medium makes",
        value=6.0,
        unit="",
        source="counted: media, result, picture, and three of the index",
    ),
    "writes": Time(what="writes that a job makes", value=13.5, unit="", source=COUNTED),
    "writes_window": Time(what="and for each window", value=1.6, unit="", source=COUNTED),
}


class Times:
    """`times.commit` is seconds, or whatever its unit is."""

    def __init__(self, found: Mapping[str, float] | None = None) -> None:
        self.rows = {**TABLE}
        for name, value in (found or {}).items():
            self.rows[name] = replace(self.rows[name], value=value, source=HERE)

    def __getitem__(self, name: str) -> float:
        return self.rows[name].value
