"""A database server that takes what it is asked, and never answers: nobody may wait for ever."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from app.adapters.sql.database import Database
from app.adapters.sql.notes import SqlNotes
from app.domain.errors import Unavailable
from tests.contracts.conftest import migrated_file
from tests.postgres import Postgres
from tests.stalling import StallingLine

SOON = 60  # seconds
LONG = 3600.0


@dataclass(frozen=True, kw_only=True)
class Hanging:
    """An open database on a line that may stall, and its URL by one that does not."""

    database: Database
    line: StallingLine
    url: str

    async def asked(self) -> None:
        """Once somebody waits for an answer."""
        while not self.line.held:  # noqa: ASYNC110
            await asyncio.sleep(0.01)


@pytest.fixture
def database_url(postgres_server: Postgres) -> Iterator[str]:
    """A file is no server."""
    url = postgres_server.migrated()
    yield url
    postgres_server.drop(url)


@pytest.fixture
async def hanging(postgres_server: Postgres, database_url: str) -> AsyncIterator[Hanging]:
    with postgres_server.stalling(database_url) as (url, line):
        async with Database(url, connections=2) as database:
            yield Hanging(database=database, line=line, url=database_url)


async def test_when_its_time_is_over_all_who_wait_for_it_are_told(hanging: Hanging) -> None:
    """A service on it could not be stopped."""
    notes = SqlNotes(hanging.database)
    await notes.put("before", "is kept")
    hanging.line.stall()
    asking = [asyncio.create_task(notes.put(f"{number}", "x")) for number in range(5)]
    async with asyncio.timeout(SOON):
        await hanging.asked()
        hanging.database.hurry(0.0)
        ends = await asyncio.gather(*asking, return_exceptions=True)
        assert [type(end) for end in ends] == [Unavailable] * 5
        with pytest.raises(Unavailable):
            await notes.get("before")
        await hanging.database.close()
    async with Database(hanging.url) as database:
        assert await SqlNotes(database).get("before") == "is kept"


async def test_who_is_cancelled_while_it_hangs_ends_with_its_time(hanging: Hanging) -> None:
    hanging.line.stall()
    asking = asyncio.create_task(SqlNotes(hanging.database).get("x"))
    async with asyncio.timeout(SOON):
        await hanging.asked()
        asking.cancel()
        hanging.database.hurry(0.0)
        with pytest.raises(asyncio.CancelledError):
            await asking


async def test_closing_waits_for_what_is_answered_in_time(hanging: Hanging) -> None:
    notes = SqlNotes(hanging.database)
    hanging.line.stall()
    asking = asyncio.create_task(notes.put("late", "but kept"))
    async with asyncio.timeout(SOON):
        await hanging.asked()
        hanging.database.hurry(LONG)
        closing = asyncio.create_task(hanging.database.close())
        hanging.line.go_on()
        await asyncio.gather(asking, closing)
    async with Database(hanging.url) as database:
        assert await SqlNotes(database).get("late") == "but kept"


async def test_a_file_is_not_hurried(tmp_path: Path) -> None:
    async with Database(f"sqlite:///{migrated_file(tmp_path)}") as database:
        database.hurry(0.0)
        await asyncio.sleep(0)
        notes = SqlNotes(database)
        await notes.put("still", "written")
        assert await notes.get("still") == "written"
