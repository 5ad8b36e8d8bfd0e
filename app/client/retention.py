"""Jobs whose time is over."""

from dataclasses import dataclass
from datetime import datetime

from app.client.answers import Answer
from app.client.exchange import Plan, Request
from app.client.reading import read

RETENTION = "/api/v1/retention"
ORPHANS = f"{RETENTION}/orphans"


@dataclass(frozen=True, kw_only=True)
class OldJob(Answer):
    job_id: str
    asset_id: str = ""
    finished_at: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class Due(Answer):
    """By one rule."""

    #: completed, failed, cancelled, dead_letter.
    ending: str
    #: Of a rule that is for this kind of medium, or this label, alone.
    media_type: str | None = None
    label: str | None = None
    #: Jobs that ended before then may go.
    before: datetime | None = None
    #: The first hundred, longest over first.
    jobs: tuple[OldJob, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Rules(Answer):
    rules: tuple[Due, ...] = ()


@dataclass(frozen=True, kw_only=True)
class LetGo(Answer):
    deleted: int = 0


@dataclass(frozen=True, kw_only=True)
class Orphans(Answer):
    """Files that no job needs."""

    count: int = 0
    #: The first hundred.
    files: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Removed(Answer):
    removed: int = 0


def retention() -> Plan[tuple[Due, ...]]:
    """What would go now, by rule; nothing is deleted."""
    reply = yield Request(method="GET", path=RETENTION, repeatable=True)
    return read(Rules, reply.document()).rules


def let_go() -> Plan[int]:
    """Delete it; how many jobs went."""
    reply = yield Request(method="POST", path=RETENTION, repeatable=True)
    return read(LetGo, reply.document()).deleted


def orphans() -> Plan[Orphans]:
    """What would be removed now; nothing is."""
    reply = yield Request(method="GET", path=ORPHANS, repeatable=True)
    return read(Orphans, reply.document())


def remove_orphans() -> Plan[int]:
    """How many went."""
    reply = yield Request(method="POST", path=ORPHANS, repeatable=True)
    return read(Removed, reply.document()).removed
