"""Telling of webhooks, and sending them again by hand."""

from collections.abc import Callable

from loguru import logger

from app.domain.errors import NotFound
from app.domain.webhooks import Delivery, DeliveryPage, DeliveryState
from app.ports import DeliveryStore


class WebhookService:
    """`nudge` tells the sender that there is something to send."""

    def __init__(self, store: DeliveryStore, nudge: Callable[[], None]) -> None:
        self._store, self._nudge = store, nudge

    async def list(
        self, *, job_id: str | None, state: DeliveryState | None, limit: int, cursor: str | None
    ) -> DeliveryPage:
        return await self._store.list(job_id=job_id, state=state, limit=limit, cursor=cursor)

    async def get(self, delivery_id: str) -> Delivery:
        return _found(delivery_id, await self._store.get(delivery_id))

    async def replay(self, delivery_id: str) -> Delivery:
        """Due now, with a fresh schedule, also when it was delivered; its URL is enabled again."""
        delivery = _found(delivery_id, await self._store.replay(delivery_id))
        logger.bind(job_id=delivery.job_id).info("webhook {}: sent again by hand", delivery_id)
        self._nudge()
        return delivery


def _found(delivery_id: str, delivery: Delivery | None) -> Delivery:
    if delivery is None:
        raise NotFound(f"no delivery {delivery_id}", code="webhook.not_found")
    return delivery
