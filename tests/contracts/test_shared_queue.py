"""What the queue owes that several instances take from: each job to one, and none forgotten."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from typing import Any

import pytest

from app.adapters.sql.boots import SqlBootLog
from app.adapters.sql.database import Database
from app.adapters.sql.jobs import SqlJobStore
from app.adapters.sql.queue import SqlQueue
from app.domain.errors import StorageError, Unavailable
from app.domain.jobs import Job, JobOptions, JobStatus, SourceKind
from tests.contracts.jobs import add_job, claimed_job, new_id, stored
from tests.postgres import Postgres

SOON = 60  # seconds
LONG = 3600.0  # seconds
JOBS = 60


@pytest.fixture
async def database(postgres_server: Postgres) -> AsyncIterator[Database]:
    url = postgres_server.migrated()
    async with Database(url) as opened:
        yield opened
    postgres_server.drop(url)


async def instance(database: Database, name: str) -> SqlQueue:
    await SqlBootLog(database).begin(name, name=name)
    return SqlQueue(database, boot_id=lambda: name, home=name)


async def by_path(database: Database, home: str) -> Job:
    return await SqlJobStore(database, home=home).add(
        job_id=new_id(),
        source=SourceKind.PATH,
        source_name="/media/talk.mp4",
        input_path="/media/talk.mp4",
        options=JobOptions(),
    )


async def test_two_that_take_at_once_never_get_the_same(database: Database) -> None:
    queues = [await instance(database, name) for name in ("here", "there")]
    jobs = [(await add_job(SqlJobStore(database))).job_id for _ in range(JOBS)]
    async with asyncio.timeout(SOON):
        takers = [queues[number % 2].dequeue() for number in range(JOBS)]
        taken = Counter(each["job_id"] for each in await asyncio.gather(*takers))
    assert taken == Counter(jobs)


async def test_what_a_dead_run_had_reserved_others_take(database: Database) -> None:
    here, there = [await instance(database, name) for name in ("here", "there")]
    job = await add_job(SqlJobStore(database))
    async with asyncio.timeout(SOON):
        assert await here.dequeue() == {"job_id": job.job_id}
        await SqlBootLog(database).end("here")
        assert await there.dequeue() == {"job_id": job.job_id}


async def test_a_file_on_one_machine_is_for_the_instance_there(database: Database) -> None:
    here, there = [await instance(database, name) for name in ("here", "there")]
    ours, theirs = await by_path(database, "here"), await by_path(database, "there")
    assert (ours.home, theirs.home) == ("here", "there")
    async with asyncio.timeout(SOON):
        assert await there.dequeue() == {"job_id": theirs.job_id}
        assert await here.dequeue() == {"job_id": ours.job_id}


async def test_a_claim_or_an_end_takes_the_reservation_away(database: Database) -> None:
    """The schema would refuse a row that runs and is reserved."""
    store, here = SqlJobStore(database), await instance(database, "here")
    claimed, cancelled = await add_job(store), await add_job(store)
    async with asyncio.timeout(SOON):
        for _ in range(2):
            await here.dequeue()
    job = await store.claim(claimed.job_id, "here")
    assert job is not None and await store.cancel(cancelled.job_id)
    assert await store.release(job)
    async with asyncio.timeout(SOON):
        assert await here.dequeue() == {"job_id": claimed.job_id}
    assert (await stored(store, cancelled)).status is JobStatus.CANCELLED


async def test_what_could_not_be_put_back_is_put_back_once_the_database_is_there(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its reservation would else keep it from everybody until the service ends."""
    here = await instance(database, "here")
    job = await add_job(SqlJobStore(database))
    async with asyncio.timeout(SOON):
        payload = await here.dequeue()

        async def away(*_: object) -> None:
            raise Unavailable("the database server does not answer")

        with monkeypatch.context() as patch:
            patch.setattr(database, "change", away)
            await here.enqueue(payload, after=0.01)
        assert await here.dequeue() == {"job_id": job.job_id}


async def test_what_is_put_back_while_it_is_held_comes_out_again(database: Database) -> None:
    """The answer to its claim was lost: it used to run for ever, and nobody walked it."""
    store, here = SqlJobStore(database), await instance(database, "here")
    job = await add_job(store)
    async with asyncio.timeout(SOON):
        payload = await here.dequeue()
        assert await store.claim(job.job_id, "here")
        await here.enqueue(payload, after=0.01)
        assert await here.dequeue() == payload


async def test_what_is_reserved_and_never_told_comes_out_again(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The answer was lost with the line: it used to wait until the service ended."""
    monkeypatch.setattr("app.adapters.sql.queue.LOOK", 2.0 * SOON)  # later: by then it is silent
    here, change = await instance(database, "here"), database.change
    job = await add_job(SqlJobStore(database))

    async def cut(*work: Any) -> None:
        assert await change(*work) == job.job_id
        raise Unavailable("the database server does not answer")

    async with asyncio.timeout(SOON):
        with monkeypatch.context() as patch:
            patch.setattr(database, "change", cut)
            with pytest.raises(Unavailable):
                await here.dequeue()
        assert await here.dequeue() == {"job_id": job.job_id}


@pytest.mark.parametrize("over", [False, True])
async def test_a_run_that_has_not_begun_or_is_over_takes_nothing(
    database: Database, over: bool
) -> None:
    """Others would take it from it at once: one that was renewed used to work on it meanwhile."""
    boots, here = SqlBootLog(database), SqlQueue(database, boot_id=lambda: "here", home="here")
    if over:
        await boots.begin("here")
        await boots.end("here")
    await add_job(SqlJobStore(database))
    async with asyncio.timeout(SOON):
        taking = await idle(here, 1)
        await boots.begin("here-again")
        there = SqlQueue(database, boot_id=lambda: "here-again", home="here")
        assert await there.dequeue()
    assert not taking[0].done()
    await gone(taking)


async def test_what_is_told_wakes_one_place_and_that_the_next(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each new job used to make all idle places of all instances look."""
    monkeypatch.setattr("app.adapters.sql.queue.LOOK", 2.0 * SOON)  # by itself nobody looks
    store, here = SqlJobStore(database), await instance(database, "here")
    async with asyncio.timeout(SOON):
        taking = await idle(here, 3)
        jobs = {(await add_job(store)).job_id for _ in range(2)}
        here.nudge()
        taken = [await each for each in asyncio.as_completed(taking[:2])]
    assert {each["job_id"] for each in taken} == jobs
    assert not taking[2].done()
    await gone(taking)


async def test_a_job_that_failed_waits_from_its_first_moment(database: Database) -> None:
    """Until it was put back another instance could take it, at once."""
    store, here = SqlJobStore(database), await instance(database, "here")
    job = await claimed_job(store, boot_id="here")
    async with asyncio.timeout(SOON):
        assert await store.retry(job, StorageError("the disk"), after=LONG)
        taking = await idle(here, 1)
        assert await store.cancel(job.job_id)
        assert await store.reopen(await stored(store, job))
        here.nudge()
        assert await taking[0] == {"job_id": job.job_id}, "who sent it again waits for nothing"


Taking = asyncio.Task[dict[str, str]]


async def idle(queue: SqlQueue, places: int) -> list[Taking]:
    """So many that have looked, found nothing, and wait; the first to wait is the first here."""
    taking: list[Taking] = []
    for number in range(places):
        taking.append(asyncio.create_task(queue.dequeue()))
        while len(queue._idle) <= number:
            assert not taking[-1].done()
            await asyncio.sleep(0.001)
    return taking


async def gone(taking: list[Taking]) -> None:
    for each in taking:
        each.cancel()
    await asyncio.gather(*taking, return_exceptions=True)
