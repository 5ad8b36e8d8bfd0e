"""How the service is."""

from typing import Literal

from app.web.answers import Answered, Count, Seconds


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
    jobs: JobCounts
    dead_letters: Count
    disk: str
    queue: Queue
    workers: Workers
