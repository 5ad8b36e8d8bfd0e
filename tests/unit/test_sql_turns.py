"""Writes that wait at the same moment share a commit, and nothing else."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event, text
from sqlalchemy.ext.asyncio import AsyncSession

from app.adapters.sql.database import Database
from app.adapters.sql.tables import BootRow
from app.adapters.sql.turns import TOGETHER, Work
from app.domain.errors import Conflict, InvalidRequest, Unavailable


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    async with Database(f"sqlite:///{tmp_path / 'spool.db'}", busy_wait=0.05) as opened:
        await opened.write(sql("CREATE TABLE marks (mark INTEGER PRIMARY KEY)"))
        yield opened


@pytest.fixture
def commits(database: Database) -> list[Any]:
    seen: list[Any] = []
    event.listen(database._open().writer.sync_engine, "commit", seen.append)
    return seen


def sql(statement: str) -> Work[Any]:
    async def run(session: AsyncSession) -> Any:
        result: Any = await session.execute(text(statement))
        return result.scalars().all() if result.returns_rows else None

    return run


def mark(number: int) -> Work[Any]:
    return sql(f"INSERT INTO marks VALUES ({number}) RETURNING mark")


async def marks(database: Database) -> list[int]:
    return list(await database.read(sql("SELECT mark FROM marks ORDER BY mark")))


async def test_writes_that_wait_share_one_commit(database: Database, commits: list[Any]) -> None:
    answers = await asyncio.gather(*(database.write(mark(number)) for number in range(TOGETHER)))
    assert answers == [[number] for number in range(TOGETHER)]
    assert await marks(database) == list(range(TOGETHER))
    assert len(commits) == 1


async def test_no_more_than_so_many_share_one(database: Database, commits: list[Any]) -> None:
    await asyncio.gather(*(database.write(mark(number)) for number in range(2 * TOGETHER + 1)))
    assert len(await marks(database)) == 2 * TOGETHER + 1
    assert len(commits) == 3


async def test_one_that_the_database_refuses_harms_no_other(database: Database) -> None:
    works = [mark(1), mark(1), mark(2)]
    answers = await asyncio.gather(*map(database.write, works), return_exceptions=True)
    assert answers[0] == [1] and answers[2] == [2]
    assert isinstance(answers[1], Conflict)
    assert await marks(database) == [1, 2]


async def test_one_that_thinks_better_of_it_leaves_nothing(database: Database) -> None:
    async def regret(session: AsyncSession) -> None:
        await mark(9)(session)
        raise InvalidRequest("not after all")

    answers = await asyncio.gather(
        database.write(mark(1)), database.write(regret), return_exceptions=True
    )
    assert answers[0] == [1] and isinstance(answers[1], InvalidRequest)
    assert await marks(database) == [1]


@pytest.mark.parametrize("alone", [True, False])
async def test_a_row_from_outside_its_work_is_written_or_refused_and_never_lost(
    database: Database, alone: bool
) -> None:
    row = BootRow(boot_id="first", begun_at=datetime(2026, 3, 1, tzinfo=UTC))

    async def keep(session: AsyncSession) -> None:
        session.add(row)

    works = [keep] if alone else [keep, sql("no statement")]
    answer, *_ = await asyncio.gather(*map(database.write, works), return_exceptions=True)
    assert alone or isinstance(answer, AssertionError)
    assert await database.read(sql("SELECT boot_id FROM boots")) == (["first"] if alone else [])


async def test_each_sees_what_the_one_before_it_wrote(database: Database) -> None:
    _, seen = await asyncio.gather(
        database.write(mark(5)), database.write(sql("SELECT mark FROM marks"))
    )
    assert seen == [5]


async def test_when_another_process_holds_the_file_all_are_told_at_once(
    database: Database, tmp_path: Path
) -> None:
    async with Database(f"sqlite:///{tmp_path / 'spool.db'}") as other:
        async with other._open().writer.begin():
            works = [database.write(mark(number)) for number in range(8)]
            answers = await asyncio.gather(*works, return_exceptions=True)
    assert all(isinstance(answer, Unavailable) for answer in answers)
    assert len(set(map(id, answers))) == 1, "each waited for the file by itself"
    assert await database.write(mark(8)) == [8]
    assert await marks(database) == [8]


async def test_a_caller_that_is_cancelled_takes_no_other_with_it(database: Database) -> None:
    given_up = asyncio.create_task(database.write(mark(1)))
    other = asyncio.create_task(database.write(mark(2)))
    await asyncio.sleep(0)
    given_up.cancel()
    assert await other == [2]
    with pytest.raises(asyncio.CancelledError):
        await given_up
    assert await marks(database) == [1, 2]
