"""`spool retention` where no service runs: told by the database, which stays as it is."""

import asyncio
from pathlib import Path

import pytest

from app.adapters.folder_lock import held
from app.adapters.sql import migrate
from app.adapters.sql.database import Database
from app.adapters.sql.jobs import SqlJobStore
from app.domain.jobs import Job, JobStatus
from tests.contracts.jobs import add_job, claim
from tests.unit.typed import Spool


@pytest.fixture(autouse=True)
def data(spool: Spool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Of a service that keeps no completed job, and does not run."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("SPOOL_SERVER")
    monkeypatch.setenv("APP__SERVER__PORT", "9")
    monkeypatch.setenv("APP__STORAGE__DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("APP__RETENTION__COMPLETED_DAYS", "0.000000001")
    monkeypatch.setattr("app.client.wire.TRIES", 1)
    return tmp_path / "data"


async def one_completed(data: Path) -> Job:
    async with Database(url(data)) as database:
        store = SqlJobStore(database)
        job = await add_job(store)
        assert await store.succeed(await claim(store, job), output_path=None)
        return job


async def completed(data: Path) -> int:
    async with Database(url(data)) as database:
        return (await SqlJobStore(database).count()).jobs[JobStatus.COMPLETED]


def url(data: Path) -> str:
    return f"sqlite+aiosqlite:///{data / 'spool.db'}"


def test_what_would_go_is_told_and_stays(spool: Spool, data: Path) -> None:
    job = asyncio.run(one_completed(data))
    said = spool("retention")
    assert said.status == 0 and said.out.startswith(f"{job.job_id}\tcompleted\tall\t")
    assert f"no service answers: told of {data}" in said.err
    [rule] = spool("retention", "--json").document()
    assert (rule["ending"], rule["jobs"][0]["job_id"]) == ("completed", job.job_id)
    assert asyncio.run(completed(data)) == 1


def test_to_delete_needs_a_service(spool: Spool, data: Path) -> None:
    asyncio.run(one_completed(data))
    for words in (("--run",), ("--orphans",), ("--orphans", "--run")):
        assert "no answer from" in spool("retention", *words).err
    assert asyncio.run(completed(data)) == 1


def test_where_nothing_is_nothing_is_made(spool: Spool, data: Path) -> None:
    assert "no answer from" in spool("retention").err
    assert not data.exists()


def test_a_service_that_has_the_data_folder_and_does_not_answer_is_told(
    spool: Spool, data: Path
) -> None:
    asyncio.run(one_completed(data))
    with held(data):
        said = spool("retention")
    assert said.status != 0 and "no answer from" in said.err


def test_a_service_that_is_named_is_the_only_one_that_is_asked(spool: Spool, data: Path) -> None:
    asyncio.run(one_completed(data))
    assert "no answer from" in spool("retention", "--server", "http://127.0.0.1:9").err


def test_a_database_of_an_older_schema_is_not_changed_by_a_look(spool: Spool, data: Path) -> None:
    asyncio.run(one_completed(data))
    older = migrate.revisions()[-2]
    migrate.downgrade(url(data), older)
    said = spool("retention")
    assert said.status != 0 and f"the database is of schema {older}" in said.err
    assert migrate.current(url(data)) == older
