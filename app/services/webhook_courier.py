"""One try of one webhook: build it, sign it, send it, note how it went."""

import asyncio
import json
import time
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import TypeVar

from loguru import logger

from app.domain.clock import utc_now
from app.domain.crashpoints import reached
from app.domain.errors import SpoolError
from app.domain.media_types import MediaType
from app.domain.metrics import UNCOUNTED, WEBHOOK_TRIES, Tried
from app.domain.transcript import Transcript
from app.domain.webhooks import (
    Delivery,
    DeliveryTry,
    RetrySchedule,
    WebhookAnswer,
    WebhookEvent,
    jittered,
    payload,
    retry_after,
)
from app.ports import (
    AssetStore,
    DeliveryStore,
    Meter,
    TranscriptStore,
    WebhookPoster,
    WebhookSigner,
)
from app.services.backoff import Backoff

T = TypeVar("T")

GONE = 410
#: Answers whose `Retry-After` counts.
OVERLOADED = frozenset({429, 503})
SILENCE = Transcript(segments=(), language_detection=None, duration=0.0, provider="", model="")


class Courier:
    """`clock` tells the wall time, `timer` counts seconds and is never set back."""

    def __init__(
        self,
        *,
        store: DeliveryStore,
        transcripts: TranscriptStore,
        assets: AssetStore,
        poster: WebhookPoster,
        signer: WebhookSigner,
        schedule: RetrySchedule,
        clock: Callable[[], datetime] = utc_now,
        timer: Callable[[], float] = time.monotonic,
        backoff: Backoff | None = None,
        meter: Meter = UNCOUNTED,
    ) -> None:
        self._store, self._transcripts, self._assets = store, transcripts, assets
        self._poster, self._signer, self._schedule = poster, signer, schedule
        self._clock, self._timer = clock, timer
        self._backoff, self._meter = backoff or Backoff(), meter

    async def deliver(self, delivery: Delivery) -> bool:
        """Whether the receiver took it. Sends again, under the same id, what was cut off here."""
        with logger.contextualize(job_id=delivery.job_id):
            tried, answer = await self._try(delivery)
            reached("webhook.sent")
            self._meter.add(WEBHOOK_TRIES, outcome=_outcome(tried).value)
            await self._insist(lambda: self._note(delivery, tried, answer))
            reached("webhook.marked")
        return _is_success(tried)

    async def _try(self, delivery: Delivery) -> tuple[DeliveryTry, WebhookAnswer | None]:
        """A fault of ours counts as a failure, too: it must not be repeated for ever."""
        at, began = self._clock(), self._timer()
        answer, error = None, None
        try:
            answer = await self._send(delivery)
            error = None if _is_taken(answer.status) else f"answered {answer.status}"
        except SpoolError as refusal:
            error = refusal.message
        except Exception as fault:
            logger.exception("webhook {}: a fault of ours", delivery.delivery_id)
            error = f"a fault of the service: {type(fault).__name__}"
        tried = DeliveryTry(
            number=delivery.attempts + 1,
            at=at,
            seconds=max(0.0, self._timer() - began),
            status=answer.status if answer else None,
            error=error,
        )
        return tried, answer

    async def _send(self, delivery: Delivery) -> WebhookAnswer:
        body = await self._insist(lambda: self._body(delivery))
        headers = self._signer.headers(delivery.delivery_id, self._clock(), body)
        reached("webhook.claimed")
        headers |= {"Content-Type": "application/json"}
        return await self._poster.post(delivery.url, headers, body.encode())

    async def _body(self, delivery: Delivery) -> str:
        """From the transcript as it is stored, so that it is not stored twice."""
        transcript = None
        if delivery.event is WebhookEvent.COMPLETED:
            transcript = await self._heard(delivery.job_id)
        return json.dumps(payload(delivery, transcript), ensure_ascii=False)

    async def _heard(self, job_id: str) -> Transcript | None:
        """In a video without sound nothing was, and that is its result."""
        transcript = await self._transcripts.load(job_id)
        asset = None if transcript else await self._assets.of_job(job_id)
        silent = asset is not None and asset.media_type is MediaType.VIDEO
        return SILENCE if silent else transcript

    async def _note(
        self, delivery: Delivery, tried: DeliveryTry, answer: WebhookAnswer | None
    ) -> None:
        name = f"webhook {delivery.delivery_id} to {delivery.endpoint}"
        if _is_success(tried):
            if await self._store.succeed(delivery, tried):
                logger.info("{}: delivered at try {}", name, tried.number)
        elif tried.status == GONE:
            if await self._store.disable(delivery, tried):
                logger.warning("{}: answered 410, its URL is sent nothing more", name)
        elif (delay := self._schedule.delay(delivery)) is None:
            if await self._store.give_up(delivery, tried):
                logger.warning("{}: given up at try {}: {}", name, tried.number, tried.error)
        else:
            wait = jittered(max(delay, self._asked(answer)))
            if await self._store.postpone(delivery, tried, self._clock() + wait):
                logger.info("{}: {}, again in {:.0f} s", name, tried.error, wait.total_seconds())

    def _asked(self, answer: WebhookAnswer | None) -> float:
        """Seconds that an overloaded receiver asks for."""
        if answer is None or answer.status not in OVERLOADED:
            return 0.0
        return retry_after(answer.retry_after, self._clock())

    async def _insist(self, work: Callable[[], Awaitable[T]]) -> T:
        """Ask a store that fails again, ever later: a try that is not noted would be made again."""
        failures = 0
        while True:
            try:
                return await work()
            except SpoolError as error:
                if not error.retryable:
                    raise
                failures += 1
                logger.error("webhooks: the store failed {} times: {}", failures, error.message)
            await asyncio.sleep(self._backoff.delay(failures))


def _is_success(tried: DeliveryTry) -> bool:
    return tried.status is not None and _is_taken(tried.status)


def _outcome(tried: DeliveryTry) -> Tried:
    if tried.status is None:
        return Tried.UNANSWERED
    return Tried.TAKEN if _is_taken(tried.status) else Tried.REFUSED


def _is_taken(status: int) -> bool:
    return 200 <= status < 300
