"""One exchange with the service, whoever carries it: what is asked, and what was answered."""

import json
from collections.abc import Generator, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias, TypeVar

from app.client.body import Body
from app.domain.errors import SpoolError

PATIENCE = 60.0  # seconds

T = TypeVar("T")


@dataclass(frozen=True, kw_only=True)
class Request:
    method: str
    #: On the service: begins with a slash, percent-encoded.
    path: str
    query: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    #: Plain types, sent as JSON; None for nothing.
    document: Any = None
    body: Body | None = None
    #: Sent twice it does no more than once: so it is sent again when the connection breaks.
    repeatable: bool = False
    #: Seconds without a byte from the service, then it is given up; None: as long as it takes.
    patience: float | None = PATIENCE


@dataclass(frozen=True, kw_only=True)
class Reply:
    """What the service said to a request that it did not refuse."""

    url: str
    status: int
    text: str

    def document(self) -> dict[str, Any]:
        """Raises SpoolError when it is no JSON object."""
        try:
            found = json.loads(self.text)
        except ValueError:
            found = None
        if not isinstance(found, dict):
            raise SpoolError(f"{self.url} answered no JSON: is this a Spool?")
        return found


#: A call, whatever carries it: yields requests, is sent their replies, returns what they say.
Plan: TypeAlias = Generator[Request, Reply, T]
