"""What every `DeliveryStore` owes: no webhook forgotten, none in two states."""

import asyncio
from collections.abc import Sequence
from datetime import timedelta

import pytest

from app.adapters.sql import outbox
from app.domain.errors import Conflict, InvalidRequest, NoAudio
from app.domain.jobs import JobOptions, JobStatus
from app.domain.webhooks import Delivery, DeliveryState, DeliveryTry, WebhookEvent
from tests.contracts.conftest import OpenStores, SteppedClock, Stores
from tests.contracts.jobs import claimed_job, stored
from tests.contracts.webhooks import URL, as_stored, owed, tried

OTHER = "https://hooks.example/other"


async def due(stores: Stores, *excluded: str, limit: int = 10) -> list[str]:
    found = await stores.deliveries.due(excluded=excluded, limit=limit)
    return [each.delivery_id for each in found]


def ids(deliveries: Sequence[Delivery]) -> list[str]:
    return [each.delivery_id for each in deliveries]


# owing


async def test_a_completed_job_owes_its_webhook_at_once(
    stores: Stores, clock: SteppedClock
) -> None:
    delivery = await owed(stores)
    assert delivery.delivery_id.startswith("msg_")
    assert (delivery.event, delivery.state) == (WebhookEvent.COMPLETED, DeliveryState.PENDING)
    assert (delivery.url, delivery.endpoint) == (URL, "https://hooks.example:443")
    assert (delivery.attempts, delivery.next_at, delivery.created_at) == (0, clock.now, clock.now)
    assert await due(stores) == [delivery.delivery_id]


async def test_a_failed_job_owes_a_webhook_that_says_why(stores: Stores) -> None:
    delivery = await owed(stores, error=NoAudio("no sound \udcff in it"))
    assert delivery.event is WebhookEvent.FAILED
    assert delivery.error_code == "media.no_audio"
    assert delivery.error_message == "no sound \N{REPLACEMENT CHARACTER} in it"


async def test_a_job_without_webhook_owes_none(stores: Stores) -> None:
    job = await claimed_job(stores.jobs)
    assert await stores.jobs.succeed(job, output_path=None)
    assert (await stores.deliveries.list()).deliveries == ()


async def test_a_verdict_that_comes_too_late_owes_nothing(stores: Stores) -> None:
    delivery = await owed(stores)
    job = await stores.jobs.get(delivery.job_id)
    assert job is not None
    assert not await stores.jobs.fail(job, NoAudio("late"))
    assert ids((await stores.deliveries.list()).deliveries) == [delivery.delivery_id]


async def test_a_job_whose_webhook_cannot_be_noted_has_not_ended(
    stores: Stores, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = await owed(stores)
    job = await claimed_job(stores.jobs, options=JobOptions(webhook_url=URL))
    monkeypatch.setattr(outbox, "new_delivery_id", lambda: first.delivery_id)
    with pytest.raises(Conflict):
        await stores.jobs.succeed(job, output_path=None)
    assert (await stored(stores.jobs, job)).status is JobStatus.RUNNING
    assert ids((await stores.deliveries.list()).deliveries) == [first.delivery_id]


@pytest.mark.parametrize(
    "url", ["http://[bad", "x" * 5000, "http://h:99999/", "\0", "http://é/\ud800"]
)
async def test_no_url_keeps_a_job_from_ending(stores: Stores, url: str) -> None:
    assert (await owed(stores, url)).state is DeliveryState.PENDING


async def test_what_is_owed_survives_the_database_being_closed(open_stores: OpenStores) -> None:
    async with open_stores() as first:
        delivery = await owed(first)
    async with open_stores() as second:
        assert await as_stored(second, delivery) == delivery
        assert await due(second) == [delivery.delivery_id]


async def test_a_deleted_job_owes_nothing_any_more(stores: Stores, clock: SteppedClock) -> None:
    delivery = await owed(stores)
    await stores.deliveries.postpone(delivery, tried(delivery, clock.now, status=500), clock.now)
    assert await stores.jobs.delete(delivery.job_id)
    assert await stores.deliveries.get(delivery.delivery_id) is None
    assert await due(stores) == []


# what is due


async def test_the_next_of_each_endpoint_is_due_longest_first(
    stores: Stores, clock: SteppedClock
) -> None:
    first = await owed(stores)
    clock.step(1)
    await owed(stores, OTHER)
    elsewhere = await owed(stores, "http://hooks.example/spool")
    clock.step(1)
    assert await due(stores) == [first.delivery_id, elsewhere.delivery_id]
    assert await due(stores, limit=1) == [first.delivery_id]
    assert await due(stores, first.endpoint) == [elsewhere.delivery_id]
    assert await due(stores, first.endpoint, elsewhere.endpoint) == []


async def test_a_postponed_one_is_due_at_its_time_and_not_before(
    stores: Stores, clock: SteppedClock
) -> None:
    delivery = await owed(stores)
    assert await stores.deliveries.next_due(excluded=()) == clock.now
    later = clock.now + timedelta(hours=2)
    failure = tried(delivery, clock.now, status=500, error="answered 500")
    assert await stores.deliveries.postpone(delivery, failure, later)
    assert await stores.deliveries.next_due(excluded=()) == later
    assert await stores.deliveries.next_due(excluded=[delivery.endpoint]) is None
    clock.step(2 * 3600 - 1)
    assert await due(stores) == []
    clock.step(1)
    assert await due(stores) == [delivery.delivery_id]


async def test_one_written_in_the_future_is_due_for_the_clock_was_set_back(
    stores: Stores, clock: SteppedClock
) -> None:
    delivery = await owed(stores)
    later = clock.now + timedelta(seconds=5)
    await stores.deliveries.postpone(delivery, tried(delivery, clock.now, status=500), later)
    clock.step(-30)
    assert await due(stores) == []
    clock.step(-2 * 3600)
    assert await due(stores) == [delivery.delivery_id]


async def test_a_long_line_before_one_door_hides_no_other_door(
    stores: Stores, clock: SteppedClock
) -> None:
    line = []
    for _ in range(5):
        line.append(await owed(stores))
        clock.step(1)
    elsewhere = await owed(stores, "https://elsewhere.example/")
    assert await due(stores, limit=2) == [line[0].delivery_id, elsewhere.delivery_id]


# how a try went


async def test_a_delivered_one_is_not_due_any_more_and_keeps_its_log(
    stores: Stores, clock: SteppedClock
) -> None:
    delivery = await owed(stores)
    failure = tried(delivery, clock.now, status=None, error="no answer \udcff within 15 s")
    assert await stores.deliveries.postpone(delivery, failure, clock.now)
    again = await as_stored(stores, delivery)
    success = tried(again, clock.step(5), status=204)
    assert await stores.deliveries.succeed(again, success)
    found = await as_stored(stores, delivery)
    assert (found.state, found.delivered_at) == (DeliveryState.DELIVERED, clock.now)
    assert (found.attempts, found.last_status, found.last_error) == (2, 204, None)
    assert [(each.number, each.status) for each in found.tries] == [(1, None), (2, 204)]
    assert found.tries[0].error == "no answer \N{REPLACEMENT CHARACTER} within 15 s"
    assert found.tries[1] == success
    assert await due(stores) == []


async def test_one_that_is_given_up_stays_to_be_looked_at(
    stores: Stores, clock: SteppedClock
) -> None:
    delivery = await owed(stores)
    failure = tried(delivery, clock.now, status=500, error="answered 500")
    assert await stores.deliveries.give_up(delivery, failure)
    found = await as_stored(stores, delivery)
    assert (found.state, found.next_at, found.last_error) == (
        DeliveryState.FAILED,
        None,
        "answered 500",
    )
    assert await due(stores) == []


async def test_a_try_is_noted_once(stores: Stores, clock: SteppedClock) -> None:
    delivery = await owed(stores)
    noted = await asyncio.gather(
        *(stores.deliveries.succeed(delivery, tried(delivery, clock.now)) for _ in range(3)),
        stores.deliveries.give_up(delivery, tried(delivery, clock.now, status=500)),
    )
    assert noted.count(True) == 1
    assert len((await as_stored(stores, delivery)).tries) == 1


async def test_an_answer_of_410_ends_all_that_is_owed_to_the_url(
    stores: Stores, clock: SteppedClock
) -> None:
    delivery, same, other = await owed(stores), await owed(stores), await owed(stores, OTHER)
    gone = tried(delivery, clock.now, status=410, error="answered 410")
    assert await stores.deliveries.disable(delivery, gone)
    for each in (delivery, same):
        assert (await as_stored(stores, each)).state is DeliveryState.DISABLED
    assert await due(stores) == [other.delivery_id]
    later = await owed(stores)
    assert (later.state, later.next_at) == (DeliveryState.DISABLED, None)
    assert not await stores.deliveries.disable(delivery, gone)


# sending again by hand


@pytest.mark.parametrize("ending", ["succeed", "give_up", "disable"])
async def test_a_replayed_one_is_due_now_with_a_fresh_schedule(
    stores: Stores, clock: SteppedClock, ending: str
) -> None:
    delivery = await owed(stores)
    status = 410 if ending == "disable" else 200
    await getattr(stores.deliveries, ending)(delivery, tried(delivery, clock.now, status=status))
    clock.step(60)
    again = await stores.deliveries.replay(delivery.delivery_id)
    assert again is not None
    assert (again.state, again.next_at) == (DeliveryState.PENDING, clock.now)
    assert (again.attempts, again.counted_from, again.delivered_at) == (1, 1, None)
    assert len(again.tries) == 1
    assert await due(stores) == [delivery.delivery_id]
    assert (await owed(stores)).state is DeliveryState.PENDING


async def test_a_try_that_was_under_way_does_not_undo_a_replay(
    stores: Stores, clock: SteppedClock
) -> None:
    delivery = await owed(stores)
    await stores.deliveries.postpone(delivery, tried(delivery, clock.now, status=500), clock.now)
    under_way = await as_stored(stores, delivery)
    await stores.deliveries.replay(delivery.delivery_id)
    last: DeliveryTry = tried(under_way, clock.now, status=500)
    assert not await stores.deliveries.give_up(under_way, last)
    assert (await as_stored(stores, delivery)).state is DeliveryState.PENDING


@pytest.mark.parametrize("unknown", ["msg_" + "0" * 32, "x", "", "\ud800", "msg_" + "A" * 32])
async def test_an_unknown_one_is_none(stores: Stores, unknown: str) -> None:
    assert await stores.deliveries.get(unknown) is None
    assert await stores.deliveries.replay(unknown) is None


# lists


async def test_the_list_has_pages_newest_first(stores: Stores, clock: SteppedClock) -> None:
    made = []
    for step in (0, 0, 1, 0, 1):
        clock.step(step)
        made.append((await owed(stores)).delivery_id)
    found: list[str] = []
    cursor: str | None = None
    while True:
        page = await stores.deliveries.list(limit=2, cursor=cursor)
        found += ids(page.deliveries)
        if (cursor := page.cursor) is None:
            break
    assert sorted(found) == sorted(made)
    assert found[0] == made[4] and set(found[1:3]) == set(made[2:4])


async def test_the_list_is_filtered_by_job_and_state(stores: Stores, clock: SteppedClock) -> None:
    one, other = await owed(stores), await owed(stores)
    await stores.deliveries.succeed(one, tried(one, clock.now))
    assert ids((await stores.deliveries.list(job_id=one.job_id)).deliveries) == [one.delivery_id]
    pending = await stores.deliveries.list(state=DeliveryState.PENDING)
    assert ids(pending.deliveries) == [other.delivery_id]
    both = await stores.deliveries.list(job_id=one.job_id, state=DeliveryState.PENDING)
    assert both.deliveries == ()


@pytest.mark.parametrize("job_id", ["0b79e0c2-6d0f-4f4e-9f3c-5f4f3c2d1e0a", "x", "\ud800"])
async def test_a_job_that_does_not_exist_has_no_deliveries(stores: Stores, job_id: str) -> None:
    assert (await stores.deliveries.list(job_id=job_id)).deliveries == ()


@pytest.mark.parametrize("cursor", ["", "x", "AAAA", "\ud800"])
async def test_a_cursor_that_the_store_did_not_make_is_refused(stores: Stores, cursor: str) -> None:
    with pytest.raises(InvalidRequest, match="cursor"):
        await stores.deliveries.list(cursor=cursor)
