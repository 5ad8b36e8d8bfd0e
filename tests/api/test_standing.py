"""Whose turn it is, and when a job will be done, over HTTP."""

import asyncio

import pytest

from tests.api.spool import Spool

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_a_pending_job_has_its_place_in_the_queue(spool: Spool, speech: bytes) -> None:
    spool.engine.hold.clear()
    jobs = [await spool.take_in(speech) for _ in range(5)]
    async with asyncio.timeout(60):
        while spool.doors.health.worker.running() < 2:
            await spool.job(jobs[0])
    assert [(await spool.job(job_id))["queue_position"] for job_id in jobs] == [
        None,
        None,
        1,
        2,
        3,
    ]
    first = await spool.take_in(speech, priority="batch")
    second = await spool.take_in(speech)
    assert (await spool.job(first))["queue_position"] == 5
    assert (await spool.job(second))["queue_position"] == 4
    listed = (await spool.http.get("/api/v1/jobs?limit=10")).json()["jobs"]
    assert {job["queue_position"] for job in listed} == {None}
    spool.engine.hold.set()
    for job_id in [*jobs, first, second]:
        job = await spool.completed(job_id)
        assert (job["queue_position"], job["eta"]) == (None, None)
        assert (job["provider"], job["model"]) == ("faster_whisper", "base")


async def test_a_running_job_tells_when_it_will_be_done(spool: Spool, speech: bytes) -> None:
    spool.engine.gates = {2: asyncio.Event()}
    job_id = await spool.take_in(speech)
    async with asyncio.timeout(60):
        while (job := await spool.job(job_id))["progress"] < 0.3:
            pass
    assert job["eta"] > 0
    [listed] = (await spool.http.get("/api/v1/jobs?status=running")).json()["jobs"]
    assert listed["eta"] == job["eta"]
    waiting = [await spool.take_in(speech) for _ in range(2)]
    spool.engine.gates[2].set()
    for each in [job_id, *waiting]:
        await spool.completed(each)
    spool.engine.hold.clear()
    jobs = [await spool.take_in(speech) for _ in range(4)]
    assert (await spool.job(jobs[-1]))["eta"] > 0
    spool.engine.hold.set()
    for each in jobs:
        await spool.completed(each)
