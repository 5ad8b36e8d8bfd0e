"""Telling the outer world."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Protocol

from app.domain.webhooks import (
    Delivery,
    DeliveryPage,
    DeliveryState,
    DeliveryTry,
    WebhookAnswer,
)


class DeliveryStore(Protocol):
    """Webhooks that are owed. They are added in the transaction that ends the job.

    The verbs that take a `Delivery` note one try, and are fenced by its `attempts`: they return
    False (and change nothing) when it is no longer pending or that try is noted already.
    """

    async def due(self, *, excluded: Collection[str], limit: int) -> Sequence[Delivery]:
        """The next of each endpoint, longest due first, but none of the endpoints `excluded`.

        One that was written in the future is due too: the clock has been set back since.
        """
        ...

    async def next_due(self, *, excluded: Collection[str]) -> datetime | None:
        """When the next one will be; None when none is pending."""
        ...

    async def get(self, delivery_id: str) -> Delivery | None:
        """With its tries, or None."""
        ...

    async def list(
        self,
        *,
        job_id: str | None = None,
        state: DeliveryState | None = None,
        limit: int = 50,
        cursor: str | None = None,
    ) -> DeliveryPage:
        """Newest first. Raises InvalidRequest on a cursor that this store did not make."""
        ...

    async def succeed(self, delivery: Delivery, tried: DeliveryTry) -> bool:
        """pending -> delivered."""
        ...

    async def postpone(self, delivery: Delivery, tried: DeliveryTry, next_at: datetime) -> bool:
        """pending, and due again at `next_at`."""
        ...

    async def give_up(self, delivery: Delivery, tried: DeliveryTry) -> bool:
        """pending -> failed."""
        ...

    async def disable(self, delivery: Delivery, tried: DeliveryTry) -> bool:
        """Its URL wants no more: this, and all that is pending for the URL, -> disabled."""
        ...

    async def replay(self, delivery_id: str) -> Delivery | None:
        """Whatever it is -> pending, due now, with a fresh schedule; its URL is enabled again."""
        ...


class WebhookPoster(Protocol):
    async def post(self, url: str, headers: Mapping[str, str], body: bytes) -> WebhookAnswer:
        """One request, within a limit of time; redirects are answers like any other.

        Raises SourceError without an answer, Forbidden for a URL that leads inside,
        InvalidRequest for a bad one.
        """
        ...


class WebhookSigner(Protocol):
    def headers(self, delivery_id: str, at: datetime, body: str) -> dict[str, str]:
        """Those by which the receiver knows the sender, the message and its age."""
        ...
