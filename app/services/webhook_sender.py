"""Works off the outbox: each webhook at least once, in its time, with a stable id."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime

from loguru import logger

from app.domain.clock import utc_now
from app.domain.errors import SpoolError
from app.domain.webhooks import Delivery
from app.ports import DeliveryStore
from app.services.backoff import Backoff
from app.services.webhook_courier import Courier
from app.services.webhook_endpoints import Endpoints

PLACES = 8  # endpoints called at the same time
CHOICE = 8 * PLACES  # endpoints looked at, to prefer those without trouble
LONGEST_SLEEP = 60.0  # seconds; whatever the clocks do meanwhile, it is noticed then


class WebhookSender:
    """One request at a time for each endpoint, several endpoints side by side.

    The rows say what is owed and when: a restart changes nothing.
    """

    def __init__(
        self,
        *,
        store: DeliveryStore,
        courier: Courier,
        places: int = PLACES,
        endpoints: Endpoints | None = None,
        clock: Callable[[], datetime] = utc_now,
        backoff: Backoff | None = None,
    ) -> None:
        self._store, self._courier, self._places = store, courier, places
        self._endpoints = endpoints or Endpoints()
        self._clock, self._backoff = clock, backoff or Backoff()
        self._under_way: set[asyncio.Task[None]] = set()
        self._wake = asyncio.Event()

    def nudge(self) -> None:
        """There may be something new to send."""
        self._wake.set()

    async def run(self) -> None:
        """For ever. Cancel it to stop: what is cut off is sent again at the next start."""
        failures = 0
        try:
            while True:
                try:
                    await self._begin()
                    pause = await self._until_due()
                    failures = 0
                except Exception as error:
                    unplanned = not isinstance(error, SpoolError)
                    logger.opt(exception=unplanned).error("webhooks: the store failed: {}", error)
                    failures += 1
                    pause = self._backoff.delay(failures)
                await self._sleep(pause)
        finally:
            await self._stop()

    async def run_once(self) -> int:
        """Send all that is due now and may be sent. Returns how many tries that took."""
        tries = 0
        while begun := await self._begin():
            tries += begun
            while self._under_way:
                await asyncio.wait(set(self._under_way))
        return tries

    async def _begin(self) -> int:
        """Start what is due, as far as there are places. Returns how many that were."""
        free = self._places - len(self._under_way)
        if free <= 0:
            return 0
        found = await self._store.due(excluded=self._endpoints.excluded(), limit=CHOICE)
        chosen = sorted(found, key=lambda each: self._endpoints.failures(each.endpoint))[:free]
        for delivery in chosen:
            self._start(delivery)
        return len(chosen)

    async def _until_due(self) -> float:
        """Seconds until there is more to start, for all we know; whoever ends wakes us, too."""
        if len(self._under_way) >= self._places:
            return LONGEST_SLEEP
        next_at = await self._store.next_due(excluded=self._endpoints.excluded())
        seconds = [LONGEST_SLEEP]
        if next_at is not None:
            seconds.append((next_at - self._clock()).total_seconds())
        if (rest := self._endpoints.rest()) is not None:
            seconds.append(rest)
        return max(0.0, min(seconds))

    async def _sleep(self, seconds: float) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):  # `wait_for` may swallow a cancellation
                await self._wake.wait()
                self._wake.clear()

    def _start(self, delivery: Delivery) -> None:
        self._endpoints.begin(delivery.endpoint)
        task = asyncio.create_task(self._deliver(delivery))
        self._under_way.add(task)
        task.add_done_callback(self._ended)

    async def _deliver(self, delivery: Delivery) -> None:
        """Never raises. An endpoint whose tries cannot be noted is left in peace like any other."""
        well: bool | None = None
        try:
            well = await self._courier.deliver(delivery)
        except Exception:
            logger.exception("webhook {}: the try is not noted", delivery.delivery_id)
            well = False
        finally:
            self._endpoints.end(delivery.endpoint, well=well)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._under_way.discard(task)
        self._wake.set()

    async def _stop(self) -> None:
        under_way = set(self._under_way)
        for task in under_way:
            task.cancel()
        if under_way:
            await asyncio.wait(under_way)
