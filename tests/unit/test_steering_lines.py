"""Each change of a job's course by hand is one line that says which job, where, and which try."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest
from loguru import logger

from app.domain.errors import EngineError
from app.domain.jobs import Job, Stage
from tests.contracts.jobs import claim
from tests.unit.workbench import Workbench, opened

Line = tuple[str, dict[str, Any]]


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[Workbench]:
    async with opened(tmp_path) as bench:
        yield bench


@pytest.fixture
def lines() -> Iterator[list[Line]]:
    told: list[Line] = []
    sink = logger.add(lambda message: told.append(_line(message)), level="INFO")
    yield told
    logger.remove(sink)


def _line(message: Any) -> Line:
    return message.record["message"], dict(message.record["extra"])


def bound(job: Job, stage: str | None, attempt: int) -> dict[str, Any]:
    return {"job_id": job.job_id, "stage": stage, "attempt": attempt}


async def dead(bench: Workbench) -> Job:
    job = await claim(bench.store, await bench.upload())
    await bench.store.advance(job, Stage.TRANSCRIBING)
    await bench.store.fail(job, EngineError("no"), dead_letter=True)
    return job


async def test_a_cancelled_job_is_told_with_its_stage_and_attempt(
    bench: Workbench, lines: list[Line]
) -> None:
    waiting = await bench.upload()
    running = await claim(bench.store, await bench.upload())
    await bench.store.advance(running, Stage.TRANSCRIBING)
    for job in (waiting, running):
        await bench.service().cancel(job.job_id)
    assert lines == [
        ("cancelled on request", bound(waiting, None, 0)),
        ("cancelled on request", bound(running, "transcribing", 1)),
    ]


@pytest.mark.parametrize("verb", ["retry", "replay", "replay_all"])
async def test_a_job_that_is_sent_on_its_way_again_is_told_by_every_door(
    bench: Workbench, lines: list[Line], verb: str
) -> None:
    job = await dead(bench)
    service = bench.service()
    await (service.replay_all() if verb == "replay_all" else getattr(service, verb)(job.job_id))
    assert lines == [("sent on its way again by hand", bound(job, "transcribing", 1))]


async def test_a_deleted_job_is_told_with_its_stage_and_attempt(
    bench: Workbench, lines: list[Line]
) -> None:
    job = await dead(bench)
    await bench.service().delete(job.job_id)
    assert lines == [("deleted", bound(job, "transcribing", 1))]
