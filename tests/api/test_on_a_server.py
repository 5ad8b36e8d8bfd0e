"""One instance on a database server: what it says of the others."""

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from functools import partial
from pathlib import Path
from types import MethodType

import pytest

from app.adapters.local_storage import BootMark
from app.adapters.sql import migrate
from app.adapters.sql.database import Database
from app.adapters.sql.jobs import SqlJobStore
from app.adapters.sql.server_clock import ServerClock
from app.bootstrap.schema import bring_to, schema_of
from app.config import load_settings
from app.domain.errors import ConfigError
from app.domain.instances import Told
from app.domain.jobs import JobOptions, SourceKind
from app.services.webhook_sender import WebhookSender
from tests.api.spool import Spool, opened
from tests.contracts.jobs import new_id
from tests.postgres import Postgres


@pytest.fixture
def database(postgres_server: Postgres) -> Iterator[str]:
    url = postgres_server.migrated()
    yield url
    postgres_server.drop(url)


@pytest.fixture
async def spool(tmp_path: Path, model_folder: Path, database: str) -> AsyncIterator[Spool]:
    kept = {"database_url": database, "database_connections": 4}
    async with opened(tmp_path, model_folder, storage=kept) as spool:
        yield spool


async def test_jobs_on_files_of_an_instance_that_is_gone_are_an_alarm(
    spool: Spool, database: str
) -> None:
    """They used to wait for ever without a word."""
    async with Database(database) as beside:
        await SqlJobStore(beside, home="mill:/srv/spool").add(
            job_id=new_id(),
            source=SourceKind.PATH,
            source_name="/media/talk.mp4",
            input_path="/media/talk.mp4",
            options=JobOptions(),
        )
    answer = await spool.http.get("/api/debug-ingestion", params={"count": 1})
    [alarm] = json.loads(answer.text.splitlines()[-1])["alarms"]
    assert "mill:/srv/spool" in alarm
    told = (await spool.http.get("/metrics")).text.splitlines()
    assert "spool_jobs_stranded 1.0" in told


async def test_a_job_that_another_instance_deleted_is_no_sign_of_an_older_database(
    spool: Spool, database: str
) -> None:
    """Where it was the last that was taken in here, the hourly tidying used to do nothing more."""
    from app.adapters.sql.notices import send_out
    from app.adapters.sql.server_news import CHANNEL, PostgresNews

    job_id, mark = await spool.take_in(b"no medium at all"), BootMark(spool.data)
    await spool.ended(job_id)
    assert await mark.last_job() == job_id
    async with asyncio.timeout(60), Database(database) as beside:
        there = PostgresNews(database, sender="there", send=partial(send_out, beside, CHANNEL))
        assert await SqlJobStore(beside).delete(job_id)
        while await mark.last_job():
            there.tell(Told.GONE, job_id)  # again, for what is told before it listens is lost
            await there.aclose()


async def test_the_schema_is_not_brought_down_beneath_it_from_another_machine(
    spool: Spool, database: str, tmp_path: Path
) -> None:
    """Only the lock of its own data folder was asked."""
    settings = load_settings(storage={"database_url": database, "data_dir": tmp_path / "other"})
    with pytest.raises(ConfigError, match="at work on the database"):
        await asyncio.to_thread(bring_to, settings, "0011")
    assert schema_of(settings) == (migrate.head(), migrate.head())


async def test_times_are_told_by_the_clock_of_the_database(spool: Spool) -> None:
    """By its own, a sender ahead of that asked without a pause for what was not due yet."""
    clock = spool.doors.gauges.clock
    assert isinstance(clock, ServerClock) and spool.doors.uploads.clock is clock
    nudge = spool.doors.webhooks._nudge
    assert isinstance(nudge, MethodType) and isinstance(nudge.__self__, WebhookSender)
    assert nudge.__self__._clock is nudge.__self__._courier._clock is clock
