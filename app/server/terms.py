"""What a connection is held to."""

from dataclasses import dataclass
from enum import Enum, auto

from app.server.proxies import Proxies


@dataclass(frozen=True, kw_only=True)
class Edge:
    max_connections: int
    max_header_bytes: int
    #: Seconds.
    header_timeout: float
    body_timeout: float
    #: Who come from there are not counted as one.
    proxies: Proxies


class Phase(Enum):
    """What a client is at."""

    HEAD = auto()
    BODY = auto()
    #: It waits for us, or for nothing.
    REST = auto()
