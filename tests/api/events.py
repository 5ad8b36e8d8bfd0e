"""Reading server-sent events as a browser does."""

import json
from dataclasses import dataclass
from typing import Any

from tests.api.spool import Spool


@dataclass(frozen=True)
class Event:
    kind: str
    id: int
    data: dict[str, Any]


def parsed(text: str) -> list[Event]:
    """All events; comments are left out."""
    found = []
    for block in text.split("\n\n"):
        lines = [line for line in block.split("\n") if line and not line.startswith(":")]
        if lines:
            fields = dict(line.split(": ", 1) for line in lines)
            assert fields.keys() == {"event", "id", "data"}
            found.append(Event(fields["event"], int(fields["id"]), json.loads(fields["data"])))
    return found


async def followed(spool: Spool, job_id: str, last: str | None = None) -> list[Event]:
    """To the end of the stream."""
    headers = {} if last is None else {"Last-Event-ID": last}
    answer = await spool.http.get(f"/api/v1/jobs/{job_id}/events", headers=headers, timeout=120)
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"].startswith("text/event-stream")
    assert answer.headers["cache-control"] == "no-store"
    return parsed(answer.text)


def said(events: list[Event]) -> list[tuple[int, str]]:
    return [(event.id, event.data["text"]) for event in events if event.kind == "segment"]
