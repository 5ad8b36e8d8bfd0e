"""What every `Census` owes: all that waits, counted."""

from app.adapters.sql.boots import SqlBootLog
from app.adapters.sql.census import SqlCensus
from app.adapters.sql.jobs import SqlJobStore
from app.domain.census import Waiting
from app.domain.jobs import JobOptions, Priority, SourceKind, Stage
from app.domain.webhooks import DeliveryState
from app.ports import Census
from tests.contracts.conftest import SteppedClock, Stores
from tests.contracts.jobs import add_job, claim, claimed_job, new_id
from tests.contracts.webhooks import owed, tried

LONG = 3600.0  # seconds


def census(stores: Stores) -> Census:
    """On the database of these stores."""
    return SqlCensus(stores.jobs._database)  # type: ignore[attr-defined]


async def test_nothing_waits_at_first(stores: Stores) -> None:
    found = census(stores)
    assert await found.pending() == dict.fromkeys(Priority, Waiting())
    webhooks = await found.webhooks()
    assert webhooks.deliveries == dict.fromkeys(DeliveryState, 0)
    assert webhooks.oldest is None


async def test_pending_jobs_are_counted_by_priority_with_the_oldest(
    stores: Stores, clock: SteppedClock
) -> None:
    batch, first = JobOptions(priority=Priority.BATCH), clock.now
    for _ in range(3):
        await add_job(stores.jobs, options=batch)
        clock.step(10)
    later = clock.now
    await add_job(stores.jobs)
    found = await census(stores).pending()
    assert found[Priority.BATCH] == Waiting(count=3, oldest=first)
    assert found[Priority.NORMAL] == Waiting(count=1, oldest=later)
    assert found[Priority.INTERACTIVE] == Waiting()


async def test_a_job_that_runs_waits_no_more(stores: Stores, clock: SteppedClock) -> None:
    job = await add_job(stores.jobs)
    second_at = clock.step(5)
    await add_job(stores.jobs)
    await claim(stores.jobs, job)
    assert (await census(stores).pending())[Priority.NORMAL] == Waiting(count=1, oldest=second_at)


async def test_all_jobs_that_run_are_counted_by_stage_however_many_there_are(
    stores: Stores,
) -> None:
    """Of those of several instances beyond the first hundred none was."""
    await add_job(stores.jobs)
    for number in range(101):
        job = await claimed_job(stores.jobs)
        if number:
            assert await stores.jobs.advance(job, Stage.TRANSCRIBING)
    found = await census(stores).running()
    assert found == {Stage.MEDIA_EXTRACTION: 1, Stage.TRANSCRIBING: 100, Stage.EMBEDDING: 0}


async def test_webhooks_are_counted_by_state_with_the_oldest_that_is_owed(
    stores: Stores, clock: SteppedClock
) -> None:
    given_up = await owed(stores)
    assert await stores.deliveries.give_up(given_up, tried(given_up, clock.now, status=500))
    owed_at = clock.step(60)
    await owed(stores)
    clock.step(60)
    await owed(stores)
    found = await census(stores).webhooks()
    expected = dict.fromkeys(DeliveryState, 0)
    assert found.deliveries == expected | {DeliveryState.PENDING: 2, DeliveryState.FAILED: 1}
    assert found.oldest == owed_at


async def test_jobs_are_stranded_whose_instance_is_not_heard_of(stores: Stores) -> None:
    """One that was stopped a moment ago may be on its way back."""
    database = stores.jobs._database  # type: ignore[attr-defined]
    boots = SqlBootLog(database)
    for name in ("gone", "here"):
        await by_path(SqlJobStore(database, home=name))
        await boots.begin(boot_id := new_id(), name=name)
    await boots.end(boot_id)
    await by_path(SqlJobStore(database, home="never seen"))
    await add_job(stores.jobs)
    found = census(stores)
    assert await found.stranded(LONG) == {"never seen": 1}
    assert await found.stranded(-1.0) == {"gone": 1, "here": 1, "never seen": 1}


async def by_path(store: SqlJobStore) -> None:
    await store.add(
        job_id=new_id(),
        source=SourceKind.PATH,
        source_name="/media/talk.mp4",
        input_path="/media/talk.mp4",
        options=JobOptions(),
    )


async def test_a_database_that_is_there_answers(stores: Stores) -> None:
    await census(stores).answers()
