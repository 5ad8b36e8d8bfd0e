"""What was taken in, as a line of JSON."""

from typing import Any

from app.client import Spool, Ticket


def line_of(spool: Spool, source: str, answer: Ticket) -> dict[str, Any]:
    """With the source as it was named, and URLs that lead there from anywhere."""
    at = spool.address
    urls = {"status_url": at + answer.status_url, "result_url": at + answer.result_url}
    return {**answer.raw, "source": source, **urls}
