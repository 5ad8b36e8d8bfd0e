"""Webhooks: what is told to whom when a job ends, and when it is tried again."""

import random
import re
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from enum import StrEnum
from typing import Any
from urllib.parse import urlsplit

from app.domain.result import detection_row, topic_rows
from app.domain.transcript import Transcript

#: Seconds to wait after the second try, the third, ...; the last one again and again.
LATER_DELAYS = (300.0, 1800.0, *(hours * 3600.0 for hours in (2, 5, 10, 14, 20, 24)))
JITTER = 0.1  # of a delay, at most, on top of it: what failed together is not tried together
MAX_RETRY_AFTER = 24 * 3600.0  # seconds
#: A row written further ahead than this was written before the clock was set back.
AHEAD = timedelta(minutes=1)
MAX_ENDPOINT = 300  # characters

_ID = re.compile(r"msg_[0-9a-f]{32}")


class WebhookEvent(StrEnum):
    COMPLETED = "job.completed"
    FAILED = "job.failed"
    #: Failed after all its attempts, and waits for somebody to look at it.
    DEAD_LETTER = "job.dead_letter"


class DeliveryState(StrEnum):
    #: Waits for its next try.
    PENDING = "pending"
    #: Answered with 2xx.
    DELIVERED = "delivered"
    #: Given up after the last try.
    FAILED = "failed"
    #: The URL has answered 410, it wants no more.
    DISABLED = "disabled"


@dataclass(frozen=True, kw_only=True)
class WebhookAnswer:
    status: int
    #: As the receiver wrote it: seconds or a date.
    retry_after: str | None = None


@dataclass(frozen=True, kw_only=True)
class DeliveryTry:
    """One request. It has a `status`, an `error`, or both."""

    number: int
    at: datetime
    seconds: float
    #: Of HTTP; None when there was no answer.
    status: int | None = None
    error: str | None = None


@dataclass(frozen=True, kw_only=True)
class Delivery:
    #: Also the `webhook-id`: the same in every try, so that a receiver knows it again.
    delivery_id: str
    job_id: str
    event: WebhookEvent
    url: str
    #: `scheme://host:port`, where one request is under way at a time.
    endpoint: str
    state: DeliveryState
    #: Tries so far.
    attempts: int = 0
    #: Tries before it was last sent on its way by hand: the schedule begins anew after them.
    counted_from: int = 0
    #: None unless pending.
    next_at: datetime | None = None
    #: When the job ended.
    created_at: datetime
    updated_at: datetime
    delivered_at: datetime | None = None
    last_status: int | None = None
    last_error: str | None = None
    #: Why the job failed.
    error_code: str | None = None
    error_message: str | None = None
    #: Oldest first; empty in lists.
    tries: tuple[DeliveryTry, ...] = ()

    @property
    def shown_url(self) -> str:
        return without_secrets(self.url)


@dataclass(frozen=True, kw_only=True)
class DeliveryPage:
    """Newest first. `cursor` fetches the next page; None on the last one."""

    deliveries: tuple[Delivery, ...]
    cursor: str | None = None


@dataclass(frozen=True, kw_only=True)
class RetrySchedule:
    """By default over about 75 hours."""

    #: Seconds between the first try and the second.
    first_delay: float = 5.0
    max_retries: int = 9

    def delay(self, delivery: Delivery) -> float | None:
        """Seconds from the try under way to the next, without jitter; None when it is the last."""
        retries = delivery.attempts - delivery.counted_from
        if retries >= self.max_retries:
            return None
        return (self.first_delay, *LATER_DELAYS)[min(retries, len(LATER_DELAYS))]


def jittered(seconds: float) -> timedelta:
    return timedelta(seconds=seconds * random.uniform(1.0, 1.0 + JITTER))


def retry_after(text: str | None, now: datetime) -> float:
    """Seconds that a `Retry-After` asks for: a day at most, and 0 when it says nothing."""
    text = (text or "").strip()
    if re.fullmatch(r"[0-9]{1,9}", text):
        return min(float(text), MAX_RETRY_AFTER)
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, OverflowError):
        return 0.0
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return min(max((moment - now).total_seconds(), 0.0), MAX_RETRY_AFTER)


def new_delivery_id() -> str:
    return f"msg_{uuid.uuid4().hex}"


def is_delivery_id(text: str) -> bool:
    return _ID.fullmatch(text) is not None


def without_secrets(url: str) -> str:
    """As it is shown: without user, query and fragment. Never raises."""
    address = url.partition("#")[0].partition("?")[0]
    scheme, mark, rest = address.partition("://")
    authority, slash, path = rest.partition("/")
    return f"{scheme}{mark}{authority.rpartition('@')[2]}{slash}{path}"


def endpoint_of(url: str) -> str:
    """`scheme://host:port`. Never raises: a job must not fail to end over its webhook."""
    try:
        parts = urlsplit(url)
        port = parts.port or (443 if parts.scheme == "https" else 80)
        host = parts.hostname or ""
    except ValueError:
        return "unknown"
    host = f"[{host}]" if ":" in host else host
    return f"{parts.scheme}://{host}:{port}"[:MAX_ENDPOINT]


def payload(delivery: Delivery, transcript: Transcript | None) -> dict[str, Any]:
    """Plain JSON types. Without a transcript (another job replaced it) the result is None."""
    completed = delivery.event is WebhookEvent.COMPLETED
    told: dict[str, Any] = {
        "job_id": delivery.job_id,
        "status": "completed" if completed else "failed",
        "completed_at": delivery.created_at.isoformat(),
    }
    if completed:
        return told | {"result": None if transcript is None else _result(transcript)}
    return told | {
        "error_code": delivery.error_code,
        "error_message": delivery.error_message,
        "dead_letter": delivery.event is WebhookEvent.DEAD_LETTER,
    }


def _result(transcript: Transcript) -> dict[str, Any]:
    return {
        "transcript": transcript.text,
        "language_detection": detection_row(transcript.language_detection),
        "topics": topic_rows(transcript.topics),
    }
