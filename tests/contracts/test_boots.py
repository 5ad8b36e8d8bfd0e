"""What a `BootLog` owes: who lives, by the one clock of the database, and who does not."""

from collections.abc import AsyncIterator

import pytest

from app.adapters.sql.boots import SqlBootLog
from app.adapters.sql.database import Database
from app.adapters.sql.jobs import SqlJobStore
from app.domain.boots import Boot
from app.domain.jobs import JobOptions, JobStatus, SourceKind
from app.ports import BootLog
from tests.contracts.jobs import claimed_job, new_id, stored

LONG = 3600.0  # seconds


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    async with Database(database_url) as opened:
        yield opened


@pytest.fixture
def boots(database: Database) -> BootLog:
    return SqlBootLog(database)


async def test_who_has_begun_is_known_and_lives(boots: BootLog) -> None:
    settings = {"search.embedding_model": "all-MiniLM-L6-v2"}
    boot = Boot(boot_id=new_id(), name="here", places=3, files=new_id(), settings=settings)
    await boots.begin(boot.boot_id, name="here", places=3, files=boot.files, settings=settings)
    assert await boots.known(boot.boot_id) and not await boots.known(new_id())
    assert await boots.living(LONG) == [boot]


async def test_beginning_twice_changes_nothing(boots: BootLog) -> None:
    boot_id = new_id()
    await boots.begin(boot_id, name="here", places=3)
    await boots.begin(boot_id)
    assert await boots.living(LONG) == [Boot(boot_id=boot_id, name="here", places=3)]


async def test_who_has_ended_lives_no_more_and_cannot_tell_otherwise(boots: BootLog) -> None:
    boot_id = new_id()
    await boots.begin(boot_id, name="here")
    assert await boots.beat(boot_id)
    await boots.end(boot_id)
    assert not await boots.beat(boot_id) and await boots.living(LONG) == []
    await boots.end(new_id())


async def test_who_is_silent_is_dead_until_he_tells_that_he_lives(boots: BootLog) -> None:
    boot_id = new_id()
    await boots.begin(boot_id, name="here")
    assert await boots.living(-1.0) == []
    assert await boots.beat(boot_id)
    assert [each.boot_id for each in await boots.living(LONG)] == [boot_id]


async def test_only_what_dead_runs_held_is_taken_over(database: Database, boots: BootLog) -> None:
    """A start used to steal the running jobs of the others."""
    store, living, ended = SqlJobStore(database), new_id(), new_id()
    for boot_id in (living, ended):
        await boots.begin(boot_id, name="there")
    kept = await claimed_job(store, boot_id=living)
    left = [await claimed_job(store, boot_id=each) for each in (ended, new_id())]
    await boots.end(ended)
    swept = await store.sweep(new_id(), LONG)
    assert sorted(swept.pending) == sorted(job.job_id for job in left)
    assert (await stored(store, kept)).status is JobStatus.RUNNING
    assert (await store.sweep(new_id(), -1.0)).pending == (kept.job_id,)


async def test_our_own_jobs_are_ours_however_silent_we_were(database: Database) -> None:
    store, ours = SqlJobStore(database), new_id()
    await claimed_job(store, boot_id=ours)
    assert (await store.sweep(ours, LONG)).pending == ()


async def test_an_instance_of_another_name_on_the_same_folder_has_its_jobs(
    database: Database, boots: BootLog
) -> None:
    """A container that was made anew has another name: its jobs used to wait for the old one."""
    earlier, ours = new_id(), {"before": "now", "elsewhere": "elsewhere"}
    await boots.begin(earlier, name="before")
    jobs = {home: await by_path(database, home) for home in ours}
    await boots.inherit(earlier, "now")
    await boots.inherit(new_id(), "strange")
    store = SqlJobStore(database)
    found = {home: (await store.get(job_id)) for home, job_id in jobs.items()}
    assert {home: job and job.home for home, job in found.items()} == ours


async def test_a_start_that_came_to_nothing_leaves_no_job_at_its_name(
    database: Database, boots: BootLog
) -> None:
    """The folder still names the run before it: what that start took over was nobody's."""
    earlier = new_id()
    await boots.begin(earlier, name="before")
    job_id = await by_path(database, "before")
    for name in ("came to nothing", "now"):
        await boots.inherit(earlier, name)
    job = await SqlJobStore(database).get(job_id)
    assert job is not None and job.home == "now"


async def by_path(database: Database, home: str) -> str:
    job = await SqlJobStore(database, home=home).add(
        job_id=new_id(),
        source=SourceKind.PATH,
        source_name="/media/talk.mp4",
        input_path="/media/talk.mp4",
        options=JobOptions(),
    )
    return job.job_id
