"""Every verb in every state of a job: what it does there, and that it does nothing elsewhere."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import pytest

from app.domain.errors import MediaUnreadable, StorageError
from app.domain.jobs import Job, JobStatus, JobWarning, Stage
from app.ports import JobStore
from tests.contracts.conftest import Stores
from tests.contracts.jobs import BOOT, add_job, claim, stored

PENDING, RUNNING = JobStatus.PENDING, JobStatus.RUNNING
COMPLETED, FAILED, CANCELLED = JobStatus.COMPLETED, JobStatus.FAILED, JobStatus.CANCELLED
DELETED = "deleted"

IDLE_GOES: dict[JobStatus, JobStatus | str] = dict.fromkeys(
    (PENDING, COMPLETED, FAILED, CANCELLED), DELETED
)
#: What becomes of a job by each verb, by the state that it is in; a state that is missing is one
#: in which the verb changes nothing.
TABLE: dict[str, dict[JobStatus, JobStatus | str]] = {
    "claim": {PENDING: RUNNING},
    "advance": {RUNNING: RUNNING},
    "note_progress": {RUNNING: RUNNING},
    "note_duration": {RUNNING: RUNNING},
    "note_engine": {RUNNING: RUNNING},
    "note_sha256": {RUNNING: RUNNING},
    "warn": {RUNNING: RUNNING},
    "succeed": {RUNNING: COMPLETED},
    "fail": {RUNNING: FAILED},
    "retry": {RUNNING: PENDING},
    "release": {RUNNING: PENDING},
    "cancel": {PENDING: CANCELLED, RUNNING: CANCELLED},
    "reopen": {COMPLETED: PENDING, FAILED: PENDING, CANCELLED: PENDING},
    "delete": IDLE_GOES,
    "delete_all": IDLE_GOES,
    "sweep": {RUNNING: PENDING},
}
CELLS = [(verb, state) for verb in TABLE for state in JobStatus]

Verb = Callable[[JobStore, Job], Awaitable[Any]]
VERBS: dict[str, Verb] = {
    "claim": lambda store, job: store.claim(job.job_id, BOOT),
    "advance": lambda store, job: store.advance(job, Stage.EMBEDDING),
    "note_progress": lambda store, job: store.note_progress(job, 0.5),
    "note_duration": lambda store, job: store.note_duration(job, 11.0),
    "note_engine": lambda store, job: store.note_engine(job, "whisper_cpp", "base"),
    "note_sha256": lambda store, job: store.note_sha256(job, "ab" * 32),
    "warn": lambda store, job: store.warn(job, JobWarning(code="c", message="m")),
    "succeed": lambda store, job: store.succeed(job, output_path=None),
    "fail": lambda store, job: store.fail(job, MediaUnreadable("no sound")),
    "retry": lambda store, job: store.retry(job, StorageError("the disk")),
    "release": lambda store, job: store.release(job),
    "cancel": lambda store, job: store.cancel(job.job_id),
    "reopen": lambda store, job: store.reopen(job),
    "delete": lambda store, job: store.delete(job.job_id),
    "delete_all": lambda store, job: store.delete_all([job.job_id]),
    "sweep": lambda store, job: store.sweep("boot-2"),
}


@dataclass(frozen=True, kw_only=True)
class Seen:
    """All of a job that a verb may change, but for the time."""

    status: JobStatus
    stage: Stage | None
    progress: float
    attempts: int
    boot_id: str | None
    duration: float | None
    provider: str | None
    sha256: str | None
    warnings: tuple[JobWarning, ...]
    ended: bool


def seen(job: Job) -> Seen:
    shown = {name: getattr(job, name) for name in Seen.__dataclass_fields__ if name != "ended"}
    return Seen(**shown, ended=job.finished_at is not None)


async def job_in(store: JobStore, state: JobStatus) -> Job:
    """A job on the shortest way into the state; with its claim where it had one."""
    job = await add_job(store)
    if state is PENDING:
        return await stored(store, job)
    claimed = await claim(store, job)
    if state is COMPLETED:
        assert await store.succeed(claimed, output_path=None)
    elif state is FAILED:
        assert await store.fail(claimed, MediaUnreadable("no sound"))
    elif state is CANCELLED:
        assert await store.cancel(job.job_id)
    return claimed if state is RUNNING else await stored(store, job)


@pytest.mark.parametrize(("verb", "state"), CELLS)
async def test_a_verb_does_what_the_table_says_and_nothing_else(
    stores: Stores, verb: str, state: JobStatus
) -> None:
    job = await job_in(stores.jobs, state)
    before = seen(await stored(stores.jobs, job))
    told = await VERBS[verb](stores.jobs, job)
    after = await stores.jobs.get(job.job_id)
    expected = TABLE[verb].get(state)
    if verb != "sweep":
        assert bool(told) == (expected is not None)
    if expected is None:
        assert after is not None and seen(after) == before
    else:
        assert (after.status if after else DELETED) == expected


@pytest.mark.parametrize(("verb", "state"), [cell for cell in CELLS if cell[1] in TABLE[cell[0]]])
async def test_the_same_verb_in_the_same_state_does_the_same_again(
    stores: Stores, verb: str, state: JobStatus
) -> None:
    outcomes = []
    for _ in range(2):
        job = await job_in(stores.jobs, state)
        await VERBS[verb](stores.jobs, job)
        after = await stores.jobs.get(job.job_id)
        outcomes.append(after and seen(after))
    assert outcomes[0] == outcomes[1]


def test_the_table_knows_every_verb_that_changes_a_job() -> None:
    looks = {"add", "get", "list", "count", "dead_letters", "known", "pending", "ahead"}
    looks |= {"used", "expired"}  # what has is deleted by `delete`
    looks |= {"of_asset", "of_frames", "newest", "overtaken"}
    looks |= {"answered", "answer"}  # of keys
    looks |= {"completed_with", "make_good"}  # takes warnings back: its own tests say when
    verbs = {name for name in vars(JobStore) if not name.startswith("_")}
    assert verbs - looks == set(TABLE) == set(VERBS)
