"""Searching, webhooks, and how the service is."""

from base64 import b64encode
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from app.client.answers import Delivery, DeliveryPage, Found
from app.client.exchange import PATIENCE, Plan, Request
from app.client.jobs import at, present
from app.client.reading import read

DELIVERIES = "/api/v1/webhooks/deliveries"


def search(
    q: str | None = None,
    *,
    image: bytes | None = None,
    mode: str | None = None,
    media_type: str | None = None,
    asset_id: str | None = None,
    labels: Sequence[str] = (),
    since: datetime | None = None,
    until: datetime | None = None,
    limit: int | None = None,
    cursor: str | None = None,
    group: bool | None = None,
) -> Plan[Found]:
    """Moments by meaning and by word; with `image`, a picture of 12 MiB at most, by looks, too:
    then `q` may be left out. `since` and `until` carry a zone; `group`: one hit for each
    medium, unless it is False."""
    given: dict[str, Any] = {
        "q": q,
        "image": image and b64encode(image).decode(),
        "mode": mode,
        "media_type": media_type,
        "asset_id": asset_id,
        "labels": list(labels) or None,
        "from": since and since.isoformat(),
        "to": until and until.isoformat(),
        "limit": limit,
        "cursor": cursor,
        "group": group,
    }
    document = {name: value for name, value in given.items() if value is not None}
    reply = yield Request(method="POST", path="/api/v1/search", document=document, repeatable=True)
    return read(Found, reply.document())


def build_index(*, wait: float = 0.0) -> Plan[dict[str, Any]]:
    """Have the index built anew and compacted; how it is after `wait` seconds (300 at most).

    `state` is ready, building or failed.
    """
    reply = yield Request(
        method="POST",
        path="/build-index",
        query={"wait": f"{wait:g}"},
        repeatable=True,
        patience=PATIENCE + wait,
    )
    return reply.document()


def health() -> Plan[dict[str, Any]]:
    """How the service is, and what is loaded."""
    reply = yield Request(method="GET", path="/health", repeatable=True)
    return reply.document()


def deliveries(
    *,
    job_id: str | None = None,
    state: str | None = None,
    limit: int = 50,
    cursor: str | None = None,
) -> Plan[DeliveryPage]:
    """Webhooks, newest first. `state` is pending, delivered, failed or disabled."""
    given = {"job_id": job_id, "state": state, "limit": str(limit), "cursor": cursor}
    reply = yield Request(method="GET", path=DELIVERIES, query=present(given), repeatable=True)
    return read(DeliveryPage, reply.document())


def delivery(delivery_id: str) -> Plan[Delivery]:
    """One of them, with its tries."""
    reply = yield Request(method="GET", path=at(DELIVERIES, delivery_id), repeatable=True)
    return read(Delivery, reply.document())


def replay_delivery(delivery_id: str) -> Plan[Delivery]:
    """Send it once more, now."""
    reply = yield Request(method="POST", path=f"{at(DELIVERIES, delivery_id)}/replay")
    return read(Delivery, reply.document())
