"""What the clock of all instances owes: it goes as that of the database server does."""

from collections.abc import AsyncIterator, Callable, Iterator
from datetime import datetime, timedelta

import pytest

from app.adapters.sql.database import Database
from app.adapters.sql.jobs import SqlJobStore
from app.adapters.sql.server_clock import NEAR, ServerClock
from app.domain.clock import utc_now
from tests.contracts.jobs import add_job
from tests.postgres import Postgres

HOUR = timedelta(hours=1)
CLOSE = timedelta(minutes=1)  # both clocks of this test are those of one machine


@pytest.fixture
async def database(postgres_server: Postgres) -> AsyncIterator[Database]:
    url = postgres_server.migrated()
    async with Database(url) as opened:
        yield opened
    postgres_server.drop(url)


def wrong_by(off: timedelta) -> Callable[[], datetime]:
    return lambda: utc_now() + off


@pytest.mark.parametrize("off", [HOUR, -HOUR])
async def test_a_clock_that_is_wrong_is_put_right(database: Database, off: timedelta) -> None:
    clock = ServerClock(database, wrong_by(off))
    assert abs(clock() - utc_now()) > CLOSE
    await clock.compare()
    assert abs(clock() - utc_now()) < CLOSE


async def test_rows_of_a_machine_whose_clock_is_wrong_are_in_order(database: Database) -> None:
    clock = ServerClock(database, wrong_by(HOUR))
    await clock.compare()
    first = await add_job(SqlJobStore(database, clock))
    second = await add_job(SqlJobStore(database))
    assert second.created_at - first.created_at < CLOSE


async def test_an_answer_that_comes_late_says_nothing(database: Database) -> None:
    times: Iterator[datetime] = (utc_now() + NEAR * number for number in range(100))
    clock = ServerClock(database, lambda: next(times))
    before = clock._off
    await clock.compare()
    assert clock._off == before
