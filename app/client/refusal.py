"""What a client of the service may have to deal with."""

from collections.abc import Mapping
from typing import Any

from app.domain.errors import SpoolError, Unavailable


class Refused(SpoolError):
    """The service said no. `code`, `message` and `hint` are its own."""

    def __init__(
        self,
        message: str,
        *,
        status: int,
        code: str | None = None,
        hint: str | None = None,
        retry_after: float | None = None,
    ) -> None:
        super().__init__(message, code=code, hint=hint)
        #: Of HTTP.
        self.status = status
        #: Seconds after which it may be tried again, where the service said so.
        self.retry_after = retry_after


class Unreachable(Unavailable):
    """No answer came: whether the request was carried out is not known."""


def refused(status: int, text: str, document: Any, headers: Mapping[str, str]) -> Refused:
    """Out of an answer of 400 or more; `document` is its JSON, or None."""
    error = document.get("error") if isinstance(document, dict) else None
    said = error if isinstance(error, dict) else {}
    after = headers.get("retry-after", "")
    return Refused(
        str(said.get("message") or text[:500] or f"answered {status}"),
        status=status,
        code=said.get("code"),
        hint=said.get("hint"),
        retry_after=float(after) if after.isdecimal() else None,
    )
