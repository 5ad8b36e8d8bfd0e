"""The place in a list where the next page begins, opaque to clients."""

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
        return _encoded(self.created_at, self.job_id)


@dataclass(frozen=True, kw_only=True)
class AssetCursor:
    """The last asset of the page before."""

    created_at: datetime
    asset_id: str

    def encode(self) -> str:
        return _encoded(self.created_at, self.asset_id)


def decode_cursor(text: str) -> Cursor:
    """Raises InvalidRequest when no `Cursor.encode` made the text."""
    created_at, job_id = _decoded(text)
    try:
        return Cursor(created_at=created_at, job_id=str(uuid.UUID(job_id)))
    except ValueError as error:
        raise _foreign() from error


def decode_asset_cursor(text: str) -> AssetCursor:
    """Raises InvalidRequest when no `AssetCursor.encode` made the text."""
    created_at, asset_id = _decoded(text)
    return AssetCursor(created_at=created_at, asset_id=asset_id)


def _encoded(created_at: datetime, name: str) -> str:
    place = json.dumps([created_at.isoformat(), name], ensure_ascii=False)
    return base64.urlsafe_b64encode(place.encode()).decode().rstrip("=")


def _decoded(text: str) -> tuple[datetime, str]:
    try:
        padded = text.encode("ascii") + b"=" * (-len(text) % 4)
        told, name = json.loads(base64.b64decode(padded, altchars=b"-_", validate=True))
        created_at = datetime.fromisoformat(told)
        if created_at.tzinfo is None or _encoded(created_at, str(name)) != text:
            raise ValueError("not in the form in which it was given out")
    except (ValueError, TypeError, RecursionError) as error:
        raise _foreign() from error
    return created_at, str(name)


def _foreign() -> InvalidRequest:
    return InvalidRequest("cursor: not one that this service gave out")
