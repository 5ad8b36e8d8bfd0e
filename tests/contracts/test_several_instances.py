"""What stores owe to several instances of the service that write at the same moment."""

import asyncio
from collections.abc import Iterator

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from app.adapters.sql.database import Database
from app.domain.assets import AssetChanges
from app.domain.jobs import IdempotencyKey, JobOptions
from tests.contracts.conftest import OpenStores
from tests.contracts.jobs import add_job, claimed_job
from tests.contracts.test_transcript_store import transcript
from tests.postgres import Postgres

ROUNDS = 5
#: How long a server waits for a client of which nothing is heard.
WATCHED = "SELECT name FROM pg_settings WHERE name LIKE 'tcp\\_%' AND source = 'session'"
ALL_WATCHED = {
    "tcp_keepalives_idle",
    "tcp_keepalives_interval",
    "tcp_keepalives_count",
    "tcp_user_timeout",
}


@pytest.fixture
def database_url(postgres_server: Postgres) -> Iterator[str]:
    """SQLite belongs to one instance."""
    url = postgres_server.migrated()
    yield url
    postgres_server.drop(url)


async def test_two_jobs_on_one_asset_save_at_the_same_moment(open_stores: OpenStores) -> None:
    """One of them used to fail for good, with storage.conflict."""
    async with open_stores() as here, open_stores() as there:
        for number in range(ROUNDS):
            options = JobOptions(asset_id=f"talk-{number}")
            jobs = [await claimed_job(each.jobs, options=options) for each in (here, there)]
            await asyncio.gather(
                here.transcripts.save(jobs[0], transcript("here")),
                there.transcripts.save(jobs[1], transcript("there")),
            )
            asset = await here.assets.get(f"talk-{number}")
            assert asset is not None and asset.revision == 2


async def test_words_are_corrected_and_speakers_told_at_the_same_moment(
    open_stores: OpenStores,
) -> None:
    """Whichever was read first took the place of the other."""
    async with open_stores() as here, open_stores() as there:
        for number in range(ROUNDS):
            job = await claimed_job(here.jobs, options=JobOptions(asset_id=f"talk-{number}"))
            await here.transcripts.save(job, whole := transcript("as it was heard"))
            await asyncio.gather(
                here.transcripts.note_speakers(job.job_id, ["S1"] * len(whole.segments)),
                there.assets.edit(job.asset_id, AssetChanges(segments={0: "as it was said"})),
            )
            found = await here.transcripts.load(job.job_id)
            assert found is not None
            assert (found.segments[0].text, found.segments[0].speaker) == ("as it was said", "S1")


async def test_one_key_names_one_job_whichever_instance_is_asked(open_stores: OpenStores) -> None:
    key = IdempotencyKey(key="mine", digest="a" * 64)
    async with open_stores() as here, open_stores() as there:
        asked = [add_job(each.jobs, key=key) for each in (here, there) for _ in range(10)]
        named = {job.job_id for job in await asyncio.gather(*asked)}
        assert len(named) == 1
        assert len((await here.jobs.list()).jobs) == 1


async def test_an_instance_opens_no_more_connections_than_it_may(database_url: str) -> None:
    """The server has a limit for all of them."""

    async def lines(session: AsyncSession) -> int:
        await session.execute(text("SELECT pg_sleep(0.05)"))
        ours = text("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()")
        return await session.scalar(ours) or 0

    async with Database(database_url, connections=2) as database:
        assert max(await asyncio.gather(*(database.read(lines) for _ in range(8)))) == 2


async def test_the_server_notices_soon_that_an_instance_is_gone(database_url: str) -> None:
    """One whose machine had lost its power used to lead, and to lock its rows, for two hours."""

    async def watched(session: AsyncSession) -> set[str]:
        return set(await session.scalars(text(WATCHED)))

    async with Database(database_url) as database:
        assert await database.read(watched) == await database.write(watched) == ALL_WATCHED


async def test_the_server_notices_soon_that_who_leads_is_gone(database_url: str) -> None:
    from app.adapters.sql.server_line import connected

    async with await connected(database_url) as line:
        rows = await (await line.execute(WATCHED.encode())).fetchall()
    assert {name for (name,) in rows} == ALL_WATCHED
