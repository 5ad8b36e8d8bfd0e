"""The place in the job list where the next page begins, opaque to clients."""

import base64
import json
import uuid
from dataclasses import dataclass
from datetime import datetime

from app.domain.errors import InvalidRequest


@dataclass(frozen=True, kw_only=True)
class Cursor:
    """The last job of the page before."""

    created_at: datetime
    job_id: str

    def encode(self) -> str:
        place = json.dumps([self.created_at.isoformat(), self.job_id])
        return base64.urlsafe_b64encode(place.encode()).decode().rstrip("=")


def decode_cursor(text: str) -> Cursor:
    """Raises InvalidRequest when no `Cursor.encode` made the text."""
    try:
        return _decode(text)
    except (ValueError, TypeError, RecursionError) as error:
        raise InvalidRequest("cursor: not one that this service gave out") from error


def _decode(text: str) -> Cursor:
    padded = text.encode("ascii") + b"=" * (-len(text) % 4)
    created_at, job_id = json.loads(base64.b64decode(padded, altchars=b"-_", validate=True))
    cursor = Cursor(
        created_at=datetime.fromisoformat(created_at), job_id=str(uuid.UUID(str(job_id)))
    )
    if cursor.created_at.tzinfo is None or cursor.encode() != text:
        raise ValueError("not in the form in which it was given out")
    return cursor
