"""What `Leadership` owes: one leads, and when it is gone, another."""

import asyncio

from app.adapters.alone import SoleLeader
from tests.postgres import Postgres

SOON = 60  # seconds


async def test_who_is_alone_leads() -> None:
    async with asyncio.timeout(SOON), SoleLeader().held() as lost:
        assert not lost.is_set()


async def test_one_leads_and_another_follows_when_it_is_gone(postgres_server: Postgres) -> None:
    from app.adapters.sql.leadership import PostgresLeadership

    url = postgres_server.empty()
    led = asyncio.Event()

    async def follow() -> None:
        async with PostgresLeadership(url).held():
            led.set()

    async with asyncio.timeout(SOON):
        async with PostgresLeadership(url).held() as lost:
            following = asyncio.create_task(follow())
            await asyncio.wait({following}, timeout=1.0)
            assert not led.is_set() and not lost.is_set()
        await following
    assert led.is_set()


async def test_who_is_cut_off_knows_that_it_leads_no_more(postgres_server: Postgres) -> None:
    import psycopg

    from app.adapters.sql.leadership import PostgresLeadership

    url = postgres_server.empty()
    cut = b"SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory'"
    async with asyncio.timeout(SOON), PostgresLeadership(url).held() as lost:
        with psycopg.connect(url, autocommit=True) as line:
            line.execute(cut)
        await lost.wait()
