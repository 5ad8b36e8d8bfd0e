"""What many instances cost the one database by being there: signs of life, lines, and looks."""

from dataclasses import dataclass

from app.domain.boots import BEAT
from scripts.bench_scale_times import Times

LINES = 12  # connections of an instance
PLACES = 3  # of an instance as it comes: two, and one for urgent jobs
LOOK = 5.0  # seconds between two looks of an idle place


@dataclass(frozen=True, kw_only=True)
class Crowd:
    """Of so many instances that have nothing to do."""

    instances: int
    lines: int
    #: Writes a second, only to say that they live.
    beats: float
    #: Of the database server, only for looks of idle places: 1 is all that it has.
    idle: float
    #: Looks that one new job wakes: one at each instance, and one more where it was found.
    woken: int
    #: New jobs a second at which these looks alone take all of the server.
    most: float


def crowd(times: Times, instances: int) -> Crowd:
    look, cores, places = times["reserve"], times["server_cores"], instances * PLACES
    woken = instances + 1
    return Crowd(
        instances=instances,
        lines=instances * LINES,
        beats=instances / BEAT,
        idle=(places / LOOK * look + instances / BEAT * times["write"]) / cores,
        woken=woken,
        most=cores / (woken * look),
    )
