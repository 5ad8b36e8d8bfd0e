"""What `JobNews` owes: others hear, whoever tells does not, and a cut is told as anything."""

import asyncio
from collections.abc import AsyncIterator
from functools import partial

import pytest

from app.adapters.sql.database import Database
from app.domain.instances import Told
from app.ports import JobNews
from tests.postgres import Postgres

SOON = 60  # seconds

Heard = asyncio.Queue[tuple[Told, str]]


@pytest.fixture
async def told_by(postgres_server: Postgres) -> AsyncIterator[list[JobNews]]:
    """Two instances."""
    from app.adapters.sql.notices import send_out
    from app.adapters.sql.server_news import CHANNEL, PostgresNews

    url = postgres_server.migrated()
    async with Database(url) as database:
        send = partial(send_out, database, CHANNEL)
        yield [PostgresNews(url, sender=name, send=send) for name in ("here", "there")]
    postgres_server.drop(url)


async def listening(news: JobNews) -> tuple[asyncio.Task[None], Heard]:
    heard: Heard = asyncio.Queue()
    task = asyncio.create_task(news.listen(lambda kind, subject: heard.put_nowait((kind, subject))))
    assert await heard.get() == (Told.ALL, "")
    return task, heard


async def test_others_hear_what_one_tells_and_it_does_not_itself(told_by: list[JobNews]) -> None:
    here, there = told_by
    async with asyncio.timeout(SOON):
        ours, heard_here = await listening(here)
        theirs, heard_there = await listening(there)
        here.tell(Told.JOB, "a-job")
        assert await heard_there.get() == (Told.JOB, "a-job")
        there.tell(Told.QUEUE)
        assert await heard_here.get() == (Told.QUEUE, "")
    for task in (ours, theirs):
        task.cancel()
    await asyncio.gather(ours, theirs, return_exceptions=True)


async def test_the_same_told_often_goes_out_once(told_by: list[JobNews]) -> None:
    here, there = told_by
    async with asyncio.timeout(SOON):
        theirs, heard = await listening(there)
        for _ in range(100):
            here.tell(Told.JOB, "a-job")
        here.tell(Told.JOB, "another")
        assert [await heard.get(), await heard.get()] == [
            (Told.JOB, "a-job"),
            (Told.JOB, "another"),
        ]
        await here.aclose()
    theirs.cancel()
    await asyncio.gather(theirs, return_exceptions=True)


async def test_who_was_cut_off_is_told_that_anything_may_have_happened(
    told_by: list[JobNews], postgres_server: Postgres, monkeypatch: pytest.MonkeyPatch
) -> None:
    import psycopg

    monkeypatch.setattr("app.adapters.sql.server_news.AGAIN", 0.01)
    cut = b"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE 'LISTEN%'"
    async with asyncio.timeout(SOON):
        ours, heard = await listening(told_by[0])
        with psycopg.connect(postgres_server.url("postgres"), autocommit=True) as line:
            line.execute(cut)
        assert await heard.get() == (Told.ALL, "")
    ours.cancel()
    await asyncio.gather(ours, return_exceptions=True)
