"""Links by which somebody without a key reads one transcript."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from app.client.answers import Answer
from app.client.exchange import Plan, Request
from app.client.jobs import at, present
from app.client.reading import read

SHARES = "/api/v1/shares"


@dataclass(frozen=True, kw_only=True)
class Share(Answer):
    share_id: str
    asset_id: str = ""
    created_at: datetime | None = None
    expires_at: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class NewShare(Share):
    #: On the service, as in `/shared/…`; told this once.
    url: str


@dataclass(frozen=True, kw_only=True)
class ShareList(Answer):
    shares: tuple[Share, ...] = ()
    cursor: str | None = None


def share(asset_id: str, *, expires_in: int | None = None) -> Plan[NewShare]:
    """A link to its transcript, for so many seconds: seven days unless told, a year at most."""
    document: dict[str, Any] = {"asset_id": asset_id}
    if expires_in is not None:
        document["expires_in"] = expires_in
    reply = yield Request(method="POST", path=SHARES, document=document)
    return read(NewShare, reply.document())


def shares(asset_id: str | None = None) -> Plan[tuple[Share, ...]]:
    """Links that stand, to one asset or to all, newest first."""
    found: list[Share] = []
    cursor: str | None = None
    while True:
        query = present({"asset_id": asset_id, "cursor": cursor})
        reply = yield Request(method="GET", path=SHARES, query=query, repeatable=True)
        page = read(ShareList, reply.document())
        found += page.shares
        if (cursor := page.cursor) is None:
            return tuple(found)


def unshare(share_id: str) -> Plan[None]:
    """From now on the link opens nothing."""
    yield Request(method="DELETE", path=at(SHARES, share_id))
