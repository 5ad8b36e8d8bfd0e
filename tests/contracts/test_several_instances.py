"""What stores owe to several instances of the service that write at the same moment."""

import asyncio

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from app.adapters.sql.database import Database
from app.domain.jobs import IdempotencyKey, JobOptions
from tests.contracts.conftest import OpenStores
from tests.contracts.jobs import add_job, claimed_job
from tests.contracts.test_transcript_store import transcript

ROUNDS = 5


@pytest.fixture(params=["postgresql"], ids=["postgresql"])
def database_url(request: pytest.FixtureRequest) -> str:
    """SQLite belongs to one instance."""
    url: str = request.getfixturevalue("postgres_server").migrated()
    return url


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
