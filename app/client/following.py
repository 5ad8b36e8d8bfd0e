"""Following a job by its events, over connections that may break."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import httpx2

from app.client.answers import Answer
from app.client.exchange import Request
from app.client.jobs import JOBS, at
from app.client.reading import read
from app.client.results import Segment

BREAKS = 5  # in a row, without an event in between
PAUSE = 0.5  # seconds before the next connection; longer each time


@dataclass(frozen=True, kw_only=True)
class Event(Answer):
    """Something that happened to a job: state, progress, segment or done."""

    kind: str
    #: Names the place in the stream after which it goes on.
    id: str = ""
    data: Mapping[str, Any] = field(default_factory=dict)
    #: Of a segment.
    segment: Segment | None = None


@dataclass(kw_only=True)
class Following:
    """What is known between two connections."""

    job_id: str
    #: Of the last event: the next connection goes on after it.
    last_id: str | None = None
    over: bool = False
    _breaks: int = field(default=0)

    def request(self) -> Request:
        after = {"Last-Event-ID": self.last_id} if self.last_id else {}
        return Request(
            method="GET",
            path=f"{at(JOBS, self.job_id)}/events",
            headers={"Accept": "text/event-stream"} | after,
        )

    def event(self, told: httpx2.ServerSentEvent) -> Event:
        self._breaks = 0
        self.last_id = told.id or self.last_id
        self.over = told.event == "done"
        data = _data(told.data)
        segment = read(Segment, data) if told.event == "segment" else None
        return Event(kind=told.event, id=told.id, data=data, segment=segment)

    def ended(self) -> None:
        """The connection did, in good order: the service stops, or the job is gone."""
        if not self.over:
            raise httpx2.RemoteProtocolError("the events ended before the job did")

    def broken(self, error: Exception) -> float:
        """Seconds to wait before the next connection. Raises `error` when it is of no use."""
        self._breaks += 1
        if self._breaks >= BREAKS:
            raise error
        return PAUSE * float(2 ** (self._breaks - 1))


def _data(text: str) -> dict[str, Any]:
    try:
        found = json.loads(text)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
