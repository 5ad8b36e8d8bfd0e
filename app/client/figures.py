"""How taking in goes, in figures, and what is at work."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from app.client.answers import Answer, Problem
from app.client.exchange import PATIENCE, Plan, Request
from app.client.reading import read

FIGURES = "/api/debug-ingestion"
PROCESSING = "/jobs/processing"


@dataclass(frozen=True, kw_only=True)
class Workers(Answer):
    """Processes that transcribe."""

    busy: int = 0
    total: int = 0


@dataclass(frozen=True, kw_only=True)
class IndexSize(Answer):
    rows: int = 0
    #: On disk.
    bytes: int = 0


@dataclass(frozen=True, kw_only=True)
class Figures(Answer):
    at: datetime | None = None
    #: Counts by status, as lists show them: without key-frames.
    jobs: Mapping[str, Any] = field(default_factory=dict)
    #: As those, of key-frames alone.
    frames: Mapping[str, Any] = field(default_factory=dict)
    queue_depth: int = 0
    #: Counts by stage; in this and in rates, key-frames are among the jobs.
    in_flight: Mapping[str, Any] = field(default_factory=dict)
    #: Jobs a second, over a minute at most; None in the first line.
    completed_rate: float | None = None
    failed_rate: float | None = None
    #: Seconds of sound that were heard, a second; as those.
    audio_rate: float | None = None
    workers: Workers = Workers()
    dead_letters: int = 0
    #: Counts by kind.
    assets: Mapping[str, Any] = field(default_factory=dict)
    #: Assets and records that are not found as they are; None while the index loads.
    index_lag: int | None = None
    #: None while it loads.
    index: IndexSize | None = None
    #: ok, or what is wrong with it.
    disk: str = ""
    #: Bytes.
    disk_free: int = 0
    #: Of all files in the data folder.
    data_bytes: int = 0
    #: In words: what somebody should look at.
    alarms: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class System(Answer):
    #: Jobs that wait.
    queue_length: int = 0
    workers: Workers = Workers()
    #: Jobs that run at a time.
    capacity: int = 0
    uptime_seconds: float = 0.0


@dataclass(frozen=True, kw_only=True)
class AtWork(Answer):
    """A job, in the words of `/process`."""

    job_id: str
    #: pending, processing, completed, failed.
    status: str = ""
    #: Percent.
    progress: int = 0
    current_step: str = ""
    created_at: datetime | None = None
    updated_at: datetime | None = None
    error: Problem | None = None
    #: As `error` tells it.
    error_message: str | None = None
    dead_letter: bool = False


@dataclass(frozen=True, kw_only=True)
class Load(Answer):
    active_jobs: tuple[AtWork, ...] = ()
    system: System = System()


def processing() -> Plan[Load]:
    """Jobs that run now, and what they run on."""
    reply = yield Request(method="GET", path=PROCESSING, repeatable=True)
    return read(Load, reply.document())


def live(interval: float, count: int | None) -> Request:
    """For a stream of lines, each of them `Figures`."""
    times = {} if count is None else {"count": str(count)}
    return Request(
        method="GET",
        path=FIGURES,
        query={"interval": f"{interval:g}", **times},
        patience=PATIENCE + interval,
    )


def line_of(text: str) -> Figures:
    """Raises SpoolError when these are no figures."""
    try:
        document = json.loads(text)
    except ValueError:
        document = None
    return read(Figures, document)
