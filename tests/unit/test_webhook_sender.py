"""The sender over a real database, a real way out and real receivers; only time is made up."""

import asyncio
import json
from collections import Counter
from collections.abc import AsyncIterator, Callable, Collection, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from pytest_httpserver import HTTPServer
from standardwebhooks import Webhook
from werkzeug import Request, Response

from app.adapters.egress import UrlPoster
from app.adapters.webhook_signer import StandardWebhookSigner
from app.domain.assets import asset_of
from app.domain.errors import EngineError, StorageError
from app.domain.jobs import JobOptions
from app.domain.media_types import MediaType
from app.domain.metrics import UNCOUNTED, WEBHOOK_TRIES
from app.domain.webhooks import Delivery, DeliveryState, DeliveryTry, RetrySchedule
from app.ports import DeliveryStore, Meter
from app.services.backoff import Backoff
from app.services.webhook_courier import Courier
from app.services.webhook_endpoints import Endpoints
from app.services.webhook_sender import WebhookSender
from app.services.webhooks import WebhookService
from tests.contracts.conftest import SteppedClock, Stores, migrated_file, sql_stores
from tests.contracts.jobs import claimed_job
from tests.contracts.webhooks import as_stored, owed
from tests.tally import Tally

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
LOOPBACK = ("127.0.0.0/8",)
HOUR = 3600.0
AT_ONCE = Backoff(first=0.0, last=0.0)


@pytest.fixture
def clock() -> SteppedClock:
    """Receivers look at the age of a signature: it begins now."""
    return SteppedClock(now=datetime.now(UTC))


@pytest.fixture
async def stores(tmp_path: Path, clock: SteppedClock) -> AsyncIterator[Stores]:
    async with sql_stores(f"sqlite:///{migrated_file(tmp_path)}", clock)() as opened:
        yield opened


@dataclass(kw_only=True)
class Receiver:
    """What came to one path of the server, and what it answers: the last answer stays."""

    url: str
    answers: list[Response] = field(default_factory=lambda: [Response(status=204)])
    requests: list[Request] = field(default_factory=list)

    def __call__(self, request: Request) -> Response:
        request.get_data()
        self.requests.append(request)
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]

    def has_more_than(self, requests: int) -> bool:
        return len(self.requests) > requests

    @property
    def ids(self) -> list[str]:
        return [request.headers["webhook-id"] for request in self.requests]


@pytest.fixture
def receiver(httpserver: HTTPServer) -> Receiver:
    made = Receiver(url=httpserver.url_for("/hook?token=secret"))
    httpserver.expect_request("/hook").respond_with_handler(made)
    return made


def sender(
    stores: Stores,
    clock: SteppedClock,
    *,
    store: DeliveryStore | None = None,
    schedule: RetrySchedule | None = None,
    timeout: float = 30.0,
    endpoints: Endpoints | None = None,
    meter: Meter = UNCOUNTED,
) -> WebhookSender:
    """Endpoints are timed by the made-up clock, too."""
    store = store or stores.deliveries
    courier = Courier(
        store=store,
        transcripts=stores.transcripts,
        assets=stores.assets,
        poster=UrlPoster(timeout=timeout, allowed_networks=LOOPBACK),
        signer=StandardWebhookSigner(SECRET),
        schedule=schedule or RetrySchedule(),
        clock=clock,
        backoff=AT_ONCE,
        meter=meter,
    )
    return WebhookSender(
        store=store,
        courier=courier,
        endpoints=endpoints or Endpoints(lambda: clock.now.timestamp()),
        clock=clock,
        backoff=AT_ONCE,
    )


async def until(condition: Callable[[], bool]) -> None:
    """Let the service and the threads of the receivers work until it holds."""
    async with asyncio.timeout(30):
        while not condition():  # noqa: ASYNC110, a request has no event
            await asyncio.sleep(0.001)


async def stopped(running: asyncio.Task[None]) -> None:
    running.cancel()
    with suppress(asyncio.CancelledError):
        await running


def wait(delivery: Delivery, clock: SteppedClock) -> float:
    """Seconds from now to its next try."""
    assert delivery.next_at is not None
    return (delivery.next_at - clock.now).total_seconds()


# what is counted


async def test_tries_are_counted_by_how_they_are_answered(
    stores: Stores, clock: SteppedClock, receiver: Receiver
) -> None:
    tally = Tally()
    receiver.answers = [Response(status=503), Response(status=204)]
    await owed(stores, receiver.url)
    sending = sender(stores, clock, meter=tally)
    assert await sending.run_once() == 1
    clock.step(3600)
    assert await sending.run_once() == 1
    await owed(stores, "http://127.0.0.1:1/nobody")
    assert await sending.run_once() == 1
    assert tally.of(WEBHOOK_TRIES) == {("refused",): 1, ("taken",): 1, ("unanswered",): 1}


# what arrives


async def test_a_completed_job_is_told_with_a_signature_that_verifies(
    stores: Stores, clock: SteppedClock, receiver: Receiver
) -> None:
    delivery = await owed(stores, receiver.url)
    assert await sender(stores, clock).run_once() == 1
    [request] = receiver.requests
    told = Webhook(SECRET).verify(request.get_data(), dict(request.headers))
    assert told == {
        "job_id": delivery.job_id,
        "status": "completed",
        "completed_at": delivery.created_at.isoformat(),
        "result": {
            "transcript": "Grüße, 東京 ja",
            "language_detection": {"language": "de", "confidence": 0.75, "alternatives": []},
            "topics": [],
        },
    }
    assert request.headers["webhook-id"] == delivery.delivery_id
    assert request.headers["Content-Type"] == "application/json"
    found = await as_stored(stores, delivery)
    assert (found.state, found.attempts, found.last_status) == (DeliveryState.DELIVERED, 1, 204)
    assert await sender(stores, clock).run_once() == 0


@pytest.mark.parametrize(
    ("kind", "result"),
    [
        (MediaType.VIDEO, {"transcript": "", "language_detection": None, "topics": []}),
        (MediaType.IMAGE, None),
        (MediaType.TEXT, None),
    ],
)
async def test_of_what_cannot_be_heard_no_words_are_told(
    stores: Stores,
    clock: SteppedClock,
    receiver: Receiver,
    kind: MediaType,
    result: dict[str, Any] | None,
) -> None:
    options = JobOptions(webhook_url=receiver.url, media_type=kind)
    job = await claimed_job(stores.jobs, options=options)
    await stores.assets.settle(job, asset_of(job))
    assert await stores.jobs.succeed(job, output_path=None)
    await sender(stores, clock).run_once()
    told = json.loads(receiver.requests[0].get_data())
    assert (told["status"], told["result"]) == ("completed", result)


async def test_a_failed_job_is_told_with_its_reason(
    stores: Stores, clock: SteppedClock, receiver: Receiver
) -> None:
    await owed(stores, receiver.url, error=EngineError("the engine is gone"))
    await sender(stores, clock).run_once()
    told = json.loads(receiver.requests[0].get_data())
    assert (told["status"], told["error_code"]) == ("failed", "engine.failed")
    assert (told["error_message"], told["dead_letter"]) == ("the engine is gone", False)


async def test_every_try_is_signed_anew_under_the_same_id(
    stores: Stores, clock: SteppedClock, receiver: Receiver
) -> None:
    receiver.answers.insert(0, Response(status=500))
    delivery = await owed(stores, receiver.url)
    await sender(stores, clock).run_once()
    clock.step(6)
    await sender(stores, clock).run_once()
    first, second = (dict(request.headers) for request in receiver.requests)
    assert first["Webhook-Id"] == second["Webhook-Id"] == delivery.delivery_id
    assert int(second["Webhook-Timestamp"]) - int(first["Webhook-Timestamp"]) == 6
    assert first["Webhook-Signature"] != second["Webhook-Signature"]
    Webhook(SECRET).verify(receiver.requests[1].get_data(), second)


# how it is answered


@pytest.mark.parametrize("status", [200, 201, 202, 204, 299])
async def test_2xx_is_success(
    stores: Stores, clock: SteppedClock, receiver: Receiver, status: int
) -> None:
    receiver.answers = [Response(status=status)]
    delivery = await owed(stores, receiver.url)
    await sender(stores, clock).run_once()
    assert (await as_stored(stores, delivery)).state is DeliveryState.DELIVERED


@pytest.mark.parametrize("status", [301, 302, 307, 308, 400, 401, 404, 422, 500, 502, 599])
async def test_anything_else_is_tried_again(
    stores: Stores, clock: SteppedClock, receiver: Receiver, status: int
) -> None:
    receiver.answers = [Response(status=status, headers={"Location": "/elsewhere"})]
    delivery = await owed(stores, receiver.url)
    assert await sender(stores, clock).run_once() == 1
    found = await as_stored(stores, delivery)
    assert (found.state, found.attempts) == (DeliveryState.PENDING, 1)
    assert (found.last_status, found.last_error) == (status, f"answered {status}")
    assert 5.0 <= wait(found, clock) <= 5.5


async def test_410_disables_the_url_until_somebody_replays(
    stores: Stores, clock: SteppedClock, receiver: Receiver
) -> None:
    receiver.answers.insert(0, Response(status=410))
    first, second = await owed(stores, receiver.url), await owed(stores, receiver.url)
    assert await sender(stores, clock).run_once() == 1
    third = await owed(stores, receiver.url)
    assert await sender(stores, clock).run_once() == 0
    for each in (first, second, third):
        assert (await as_stored(stores, each)).state is DeliveryState.DISABLED
    again = sender(stores, clock)
    await WebhookService(stores.deliveries, again.nudge).replay(second.delivery_id)
    assert await again.run_once() == 1
    assert (await as_stored(stores, second)).state is DeliveryState.DELIVERED
    assert (await owed(stores, receiver.url)).state is DeliveryState.PENDING


@pytest.mark.parametrize(
    ("status", "asked", "seconds"),
    [
        (429, "3600", HOUR),
        (503, "3600", HOUR),
        (429, "99999999", 24 * HOUR),
        (429, "1", 5.0),
        (429, "soon", 5.0),
        (500, "3600", 5.0),
    ],
)
async def test_retry_after_is_honoured_and_capped(
    stores: Stores, clock: SteppedClock, receiver: Receiver, status: int, asked: str, seconds: float
) -> None:
    receiver.answers = [Response(status=status, headers={"Retry-After": asked})]
    delivery = await owed(stores, receiver.url)
    await sender(stores, clock).run_once()
    assert seconds <= wait(await as_stored(stores, delivery), clock) <= 1.1 * seconds


async def test_a_target_inside_is_refused_when_it_is_dialled(
    stores: Stores, clock: SteppedClock
) -> None:
    delivery = await owed(stores, "http://169.254.169.254/latest/meta-data")
    await sender(stores, clock).run_once()
    found = await as_stored(stores, delivery)
    assert (found.last_status, found.state) == (None, DeliveryState.PENDING)
    assert found.last_error == "the URL does not lead to a public address"


async def test_a_result_that_cannot_be_told_is_a_failure_and_not_an_endless_loop(
    stores: Stores, clock: SteppedClock, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(job_id: str) -> None:
        raise RuntimeError("a fault")

    monkeypatch.setattr(stores.transcripts, "load", broken)
    delivery = await owed(stores, receiver.url)
    assert await sender(stores, clock).run_once() == 1
    found = await as_stored(stores, delivery)
    assert (found.attempts, found.last_error) == (1, "a fault of the service: RuntimeError")
    assert receiver.requests == []


# over time


async def test_a_closed_port_is_tried_for_three_days_then_given_up_and_replayed(
    stores: Stores, clock: SteppedClock, unused_port: int, receiver: Receiver
) -> None:
    delivery = await owed(stores, f"http://127.0.0.1:{unused_port}/")
    begun, waits = clock.now, []
    while (found := await as_stored(stores, delivery)).state is DeliveryState.PENDING:
        waits.append(wait(found, clock))
        clock.step(waits[-1])
        assert await sender(stores, clock).run_once() == 1  # each time a new run of the service
    planned = [0, 5, 300, 1800, 2 * HOUR, 5 * HOUR, 10 * HOUR, 14 * HOUR, 20 * HOUR, 24 * HOUR]
    assert all(plan <= real <= 1.1 * plan for plan, real in zip(planned, waits, strict=True))
    assert timedelta(hours=75) < clock.now - begun < timedelta(hours=84)
    assert (found.state, found.attempts) == (DeliveryState.FAILED, 10)
    assert [each.number for each in found.tries] == list(range(1, 11))
    assert all(each.error and each.status is None for each in found.tries)
    await stores.deliveries.replay(delivery.delivery_id)
    await sender(stores, clock).run_once()
    assert 5.0 <= wait(await as_stored(stores, delivery), clock) <= 5.5


async def test_a_clock_set_back_does_not_freeze_retries(
    stores: Stores, clock: SteppedClock, receiver: Receiver
) -> None:
    receiver.answers.insert(0, Response(status=500))
    delivery = await owed(stores, receiver.url)
    await sender(stores, clock).run_once()
    clock.step(-2 * HOUR)
    assert await sender(stores, clock).run_once() == 1
    assert (await as_stored(stores, delivery)).state is DeliveryState.DELIVERED


async def test_a_clock_that_leaps_ahead_and_back_loses_nothing(
    stores: Stores, clock: SteppedClock, receiver: Receiver
) -> None:
    receiver.answers = [Response(status=500)]
    delivery = await owed(stores, receiver.url)
    for leap in (0, 30 * 24 * HOUR, -30 * 24 * HOUR):
        clock.step(leap)
        assert await sender(stores, clock).run_once() == 1
    found = await as_stored(stores, delivery)
    assert (found.state, found.attempts) == (DeliveryState.PENDING, 3)
    receiver.answers = [Response(status=200)]
    clock.step(wait(found, clock))
    assert await sender(stores, clock).run_once() == 1
    assert (await as_stored(stores, delivery)).state is DeliveryState.DELIVERED


async def test_what_was_sent_but_not_noted_is_sent_again_under_the_same_id(
    stores: Stores, clock: SteppedClock, receiver: Receiver
) -> None:
    delivery = await owed(stores, receiver.url)
    silent = Obstructed(stores.deliveries, never_notes=True)
    running = asyncio.create_task(sender(stores, clock, store=silent).run())
    await until(lambda: silent.asked_to_note > 0)
    await stopped(running)
    assert (await as_stored(stores, delivery)).attempts == 0
    await sender(stores, clock).run_once()
    assert receiver.ids == [delivery.delivery_id] * 2
    assert (await as_stored(stores, delivery)).state is DeliveryState.DELIVERED


async def test_of_fifty_to_a_receiver_that_fails_half_of_them_all_arrive(
    stores: Stores, clock: SteppedClock, receiver: Receiver
) -> None:
    """Half of the refusals come after the receiver has taken the webhook in."""
    receiver.answers = [Response(status=500 if number % 2 else 200) for number in range(1000)]
    owing = [await owed(stores, receiver.url) for _ in range(50)]
    service = sender(stores, clock)
    while (next_at := await stores.deliveries.next_due(excluded=())) is not None:
        clock.now = max(clock.now, next_at)
        await service.run_once()
    found = [await as_stored(stores, each) for each in owing]
    assert {each.state for each in found} == {DeliveryState.DELIVERED}
    assert Counter(receiver.ids) == {each.delivery_id: each.attempts for each in found}
    assert len(receiver.ids) == 99


# side by side


class Crowd:
    """A receiver that answers when it is told to, and counts who waits."""

    def __init__(self) -> None:
        self.waiting = self.most = self.answered = 0
        self.open = asyncio.Event()
        self._server: asyncio.Server | None = None

    async def __aenter__(self) -> "Crowd":
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._server is not None
        self.open.set()
        self._server.close()
        await self._server.wait_closed()

    @property
    def url(self) -> str:
        assert self._server is not None
        return f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}/"

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        self.waiting += 1
        self.most = max(self.most, self.waiting)
        await self.open.wait()
        self.waiting -= 1
        self.answered += 1
        with suppress(ConnectionError):
            writer.write(b"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n")
            await writer.drain()
        writer.close()


async def test_a_slow_endpoint_gets_one_request_at_a_time_and_holds_up_no_other(
    stores: Stores, clock: SteppedClock, receiver: Receiver
) -> None:
    async with Crowd() as slow:
        for _ in range(5):
            await owed(stores, slow.url)
        service = sender(stores, clock)
        running = asyncio.create_task(service.run())
        await until(lambda: slow.waiting == 1)
        for _ in range(3):
            await owed(stores, receiver.url)
        service.nudge()
        await until(lambda: len(receiver.requests) == 3)
        assert (slow.waiting, slow.answered) == (1, 0)
        slow.open.set()
        await until(lambda: slow.answered == 5)
        await stopped(running)
        assert slow.most == 1


async def test_endpoints_are_called_side_by_side_up_to_a_limit(
    stores: Stores, clock: SteppedClock
) -> None:
    crowds = [Crowd() for _ in range(10)]
    for crowd in crowds:
        await crowd.__aenter__()
        await owed(stores, crowd.url)
    running = asyncio.create_task(sender(stores, clock).run())
    try:
        await until(lambda: sum(crowd.waiting for crowd in crowds) == 8)
        for crowd in crowds:
            crowd.open.set()
        await until(lambda: sum(crowd.answered for crowd in crowds) == 10)
    finally:
        await stopped(running)
        for crowd in crowds:
            await crowd.__aexit__()


async def test_an_endpoint_in_trouble_lets_others_go_first(
    stores: Stores, clock: SteppedClock, unused_port: int, receiver: Receiver
) -> None:
    troubled = f"http://127.0.0.1:{unused_port}/"
    for _ in range(8):
        await owed(stores, troubled)
    service = sender(stores, clock)
    assert await service.run_once() == 5  # then it rests
    await owed(stores, receiver.url)
    assert await service.run_once() == 1
    assert len(receiver.requests) == 1
    clock.step(5)
    assert await service.run_once() == 1


# the loop


class Obstructed:
    """The store, but for what fails first or never comes to an end."""

    def __init__(
        self, store: DeliveryStore, *, failures: int = 0, never_notes: bool = False
    ) -> None:
        self._store, self.failures, self._never_notes = store, failures, never_notes
        self.asked_when = self.asked_to_note = self.noted = 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)

    async def due(self, *, excluded: Collection[str], limit: int) -> Sequence[Delivery]:
        self._fail()
        return await self._store.due(excluded=excluded, limit=limit)

    async def next_due(self, *, excluded: Collection[str]) -> datetime | None:
        found = await self._store.next_due(excluded=excluded)
        self.asked_when += 1
        return found

    async def succeed(self, delivery: Delivery, tried: DeliveryTry) -> bool:
        self.asked_to_note += 1
        if self._never_notes:
            await asyncio.Event().wait()
        self._fail()
        self.noted += await self._store.succeed(delivery, tried)
        return True

    def _fail(self) -> None:
        if self.failures:
            self.failures -= 1
            raise StorageError("the disk is tired")


async def test_it_is_woken_when_there_is_something_to_send(
    stores: Stores, clock: SteppedClock, receiver: Receiver
) -> None:
    service = sender(stores, clock)
    running = asyncio.create_task(service.run())
    for arrived in range(3):
        await owed(stores, receiver.url)
        service.nudge()
        await until(partial(receiver.has_more_than, arrived))
    await stopped(running)


async def test_a_stop_that_comes_with_a_nudge_is_not_lost(
    stores: Stores, clock: SteppedClock
) -> None:
    idle = Obstructed(stores.deliveries)
    service = sender(stores, clock, store=idle)
    running = asyncio.create_task(service.run())
    await until(lambda: idle.asked_when > 0)  # now it sleeps
    service.nudge()
    running.cancel()
    ended, _ = await asyncio.wait({running}, timeout=5)
    await stopped(running)
    assert ended == {running}


async def test_a_failing_store_ends_neither_the_loop_nor_sends_twice(
    stores: Stores, clock: SteppedClock, receiver: Receiver
) -> None:
    delivery = await owed(stores, receiver.url)
    tired = Obstructed(stores.deliveries, failures=3)
    service = sender(stores, clock, store=tired)
    running = asyncio.create_task(service.run())
    await until(lambda: len(receiver.requests) == 1)
    tired.failures = 3
    second = await owed(stores, receiver.url)
    service.nudge()
    await until(lambda: len(receiver.requests) == 2)
    await until(lambda: tired.noted == 2)
    await stopped(running)
    assert receiver.ids == [delivery.delivery_id, second.delivery_id]
    assert (await as_stored(stores, second)).state is DeliveryState.DELIVERED


async def test_a_slow_answer_is_cut_off_and_noted(stores: Stores, clock: SteppedClock) -> None:
    async with Crowd() as slow:
        delivery = await owed(stores, slow.url)
        await sender(stores, clock, timeout=0.3).run_once()
        found = await as_stored(stores, delivery)
    assert found.last_error == "no answer within 0.3 s"
    assert found.tries[0].seconds > 0
