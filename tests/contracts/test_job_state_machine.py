"""Any sequence of verbs, by holders true and stale, leaves a job in a state that can be."""

from dataclasses import dataclass, field

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.domain.errors import StorageError
from app.domain.jobs import SUSPECT_DEATHS, Job, JobStatus, JobWarning, Stage
from app.ports import JobStore
from tests.contracts.conftest import Stores
from tests.contracts.jobs import add_job, stored

ERROR = StorageError("why")
LEAVES_RUNNING = ("advance", "note_progress", "warn")
ENDS = {
    "succeed": JobStatus.COMPLETED,
    "fail": JobStatus.FAILED,
    "retry": JobStatus.PENDING,
    "release": JobStatus.PENDING,
}
Step = tuple[str, int, float]

steps = st.lists(
    st.tuples(
        st.sampled_from(["claim", "sweep", "cancel", "reopen", *LEAVES_RUNNING, *ENDS]),
        st.integers(0, 5),  # which boot, or which of the claims made so far
        st.floats(-0.5, 1.5),
    ),
    max_size=15,
)


@dataclass(kw_only=True)
class Model:
    """What the state should be, and every claim ever made."""

    status: JobStatus = JobStatus.PENDING
    attempts: int = 0
    deaths: int = 0
    holder: tuple[int, str] | None = None
    progress: float = 0.0
    claims: list[Job] = field(default_factory=list)

    def holds(self, job: Job) -> bool:
        return self.holder == (job.attempts, job.boot_id)


@given(sequence=steps)
@settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
async def test_no_sequence_of_verbs_breaks_the_state_machine(
    stores: Stores, sequence: list[Step]
) -> None:
    job = await add_job(stores.jobs)
    model = Model()
    for step in sequence:
        await _take(stores.jobs, job, model, step)
        _check(await stored(stores.jobs, job), model)


async def _take(store: JobStore, job: Job, model: Model, step: Step) -> None:
    verb, which, number = step
    if verb == "claim":
        await _claim(store, job, model, f"boot-{which % 2}")
    elif verb == "sweep":
        await _sweep(store, job, model, f"boot-{which % 2}")
    elif verb == "cancel":
        await _cancel(store, job, model)
    elif verb == "reopen":
        await _reopen(store, job, model)
    elif model.claims:
        claim = model.claims[which % len(model.claims)]
        assert await _tell(store, claim, verb, number) == model.holds(claim)
        if model.holds(claim):
            _follow(model, verb, number)


async def _claim(store: JobStore, job: Job, model: Model, boot: str) -> None:
    claimed = await store.claim(job.job_id, boot)
    assert (claimed is not None) == (model.status is JobStatus.PENDING)
    if claimed is not None:
        model.status, model.attempts = JobStatus.RUNNING, model.attempts + 1
        model.holder = (model.attempts, boot)
        model.claims.append(claimed)


async def _sweep(store: JobStore, job: Job, model: Model, boot: str) -> None:
    swept = await store.sweep(boot)
    abandoned = model.holder is not None and model.holder[1] != boot
    killer = abandoned and model.deaths >= SUSPECT_DEATHS
    assert (job.job_id in swept.pending) == (abandoned and not killer)
    assert (job.job_id in swept.dead) == killer
    if abandoned:
        model.status = JobStatus.FAILED if killer else JobStatus.PENDING
        model.holder, model.deaths = None, model.deaths + 1


async def _cancel(store: JobStore, job: Job, model: Model) -> None:
    assert await store.cancel(job.job_id) == (not model.status.ended)
    if not model.status.ended:
        model.status, model.holder = JobStatus.CANCELLED, None


async def _reopen(store: JobStore, job: Job, model: Model) -> None:
    assert await store.reopen(await stored(store, job)) == model.status.ended
    if model.status.ended:
        model.status, model.deaths = JobStatus.PENDING, 0
        model.progress = model.progress if model.progress < 1.0 else 0.0


async def _tell(store: JobStore, claim: Job, verb: str, number: float) -> bool:
    match verb:
        case "advance":
            return await store.advance(claim, list(Stage)[int(abs(number) * 2) % len(Stage)])
        case "note_progress":
            return await store.note_progress(claim, number)
        case "warn":
            return await store.warn(claim, JobWarning(code="c", message=str(number)))
        case "succeed":
            return await store.succeed(claim, output_path=None)
        case "fail":
            return await store.fail(claim, ERROR)
        case "retry":
            return await store.retry(claim, ERROR)
        case "release":
            return await store.release(claim)
    pytest.fail(f"no such verb: {verb}")


def _follow(model: Model, verb: str, number: float) -> None:
    if verb == "note_progress":
        model.progress = max(model.progress, min(1.0, number))
    if verb in ENDS:
        model.status, model.holder = ENDS[verb], None
        model.attempts -= verb == "release"
        model.progress = 1.0 if verb == "succeed" else model.progress


def _check(job: Job, model: Model) -> None:
    assert (job.status, job.attempts, job.progress, job.deaths) == (
        model.status,
        model.attempts,
        model.progress,
        model.deaths,
    )
    assert job.status is JobStatus.FAILED or not job.dead_letter
    assert (job.boot_id is not None) == (job.status is JobStatus.RUNNING)
    assert (job.finished_at is not None) == job.status.ended
    assert [attempt.number for attempt in job.history] == list(range(1, job.attempts + 1))
    still_open = [attempt.number for attempt in job.history if attempt.ended_at is None]
    assert still_open == ([job.attempts] if job.status is JobStatus.RUNNING else [])
