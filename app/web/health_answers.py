"""How the service is."""

from typing import Annotated, Literal

from pydantic import Field

from app.web.answers import Answered, Count, Error, Seconds


class Ready(Answered):
    """`ready`, `loading`, or `failed: ` with the reason."""

    engine: str
    speech_detection: str
    embeddings: str
    index: str


class JobCounts(Answered):
    pending: Count
    running: Count
    completed: Count
    failed: Count
    cancelled: Count


class Queue(Answered):
    waiting: Count
    running: Count


class Workers(Answered):
    busy: Count
    total: Count


class Health(Answered):
    status: Literal["ok"]
    version: str
    uptime_seconds: Seconds
    ready: Ready
    jobs: Annotated[JobCounts, Field(description="As lists show them: without key-frames.")]
    frames: Annotated[JobCounts, Field(description="Key-frames, which are jobs of their own.")]
    dead_letters: Count
    disk: str
    queue: Queue
    workers: Workers


class Live(Answered):
    live: Literal[True]


class Readiness(Answered):
    ready: Literal[True]


class Reason(Answered):
    code: str
    message: Annotated[str, Field(description="To callers who may read: what it is.")]


class NotReady(Error):
    """The one error shape, with the first of the reasons."""

    ready: Literal[False]
    reasons: Annotated[list[Reason], Field(min_length=1)]
