"""What the queue owes that several instances take from: each job to one, and none forgotten."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator

import pytest

from app.adapters.sql.boots import SqlBootLog
from app.adapters.sql.database import Database
from app.adapters.sql.jobs import SqlJobStore
from app.adapters.sql.queue import SqlQueue
from app.domain.jobs import Job, JobOptions, JobStatus, SourceKind
from tests.contracts.jobs import add_job, new_id, stored
from tests.postgres import Postgres

SOON = 60  # seconds
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
    from app.domain.errors import Unavailable

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
