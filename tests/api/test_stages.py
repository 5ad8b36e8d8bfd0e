"""The table of states, stage by stage: one job, held at each stage, and what every door says."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest

from app.adapters.embedders.slot import SlotEmbedder
from app.adapters.soundfile_audio import SoundfileExtractor
from tests.api.spool import Spool

pytestmark = pytest.mark.asyncio(loop_scope="module")


class Gate:
    """Those who come through wait until it is opened."""

    def __init__(self) -> None:
        self._waits, self._open = asyncio.Event(), asyncio.Event()

    def before(self, work: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
        async def gated(*given: Any, **named: Any) -> Any:
            self._waits.set()
            await self._open.wait()
            return await work(*given, **named)

        return gated

    @asynccontextmanager
    async def held(self) -> AsyncIterator[None]:
        """From when somebody waits at it; then it is open."""
        try:
            async with asyncio.timeout(60):
                await self._waits.wait()
            yield
        finally:
            self._open.set()


async def said(spool: Spool, job_id: str) -> dict[str, Any]:
    """By every door."""
    doors = {
        "job": f"/api/v1/jobs/{job_id}",
        "process": f"/status/{job_id}",
        "video": f"/video/status/{job_id}",
    }
    answers = {name: await spool.http.get(url) for name, url in doors.items()}
    assert [answer.status_code for answer in answers.values()] == [200] * len(doors)
    return {name: answer.json() for name, answer in answers.items()}


def at_work(told: dict[str, Any], status: str, stage: str) -> None:
    assert (told["job"]["status"], told["job"]["stage"]) == (status, stage)
    assert told["job"]["finished_at"] is None
    process = told["process"]
    assert (process["status"], process["current_step"]) == ("processing", stage)
    assert 0 <= process["progress"] < 100
    assert (told["video"]["status"], told["video"]["progress"]) == ("running", 0.5)


async def test_every_door_names_each_stage_as_it_runs(
    spool: Spool, speech: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    extracting, embedding = Gate(), Gate()
    for part, method, gate in (
        (SoundfileExtractor, "extract", extracting),
        (SlotEmbedder, "embed", embedding),
    ):
        monkeypatch.setattr(part, method, gate.before(getattr(part, method)))
    spool.engine.hold.clear()
    job_id = await spool.take_in(speech)
    async with extracting.held():
        at_work(await said(spool, job_id), "MediaExtraction", "media_extraction")
    async with asyncio.timeout(60):
        while spool.engine.at_work == 0:  # noqa: ASYNC110 - the engine counts, and tells nobody
            await asyncio.sleep(0)
    at_work(await said(spool, job_id), "Transcribing", "transcribing")
    spool.engine.hold.set()
    async with embedding.held():
        at_work(await said(spool, job_id), "Embedding", "embedding")
    await spool.completed(job_id)
    told = await said(spool, job_id)
    assert told["job"]["status"] == "Completed"
    assert (told["process"]["status"], told["process"]["progress"]) == ("completed", 100)
    assert (told["video"]["status"], told["video"]["progress"]) == ("completed", 1.0)


async def test_a_job_that_waits_is_pending_at_every_door(spool: Spool, speech: bytes) -> None:
    spool.engine.hold.clear()
    *running, waiting = [await spool.take_in(speech) for _ in range(3)]
    told = await said(spool, waiting)
    assert (told["job"]["status"], told["job"]["stage"]) == ("Pending", None)
    assert (told["process"]["status"], told["process"]["progress"]) == ("pending", 0)
    assert (told["video"]["status"], told["video"]["progress"]) == ("pending", 0)
    spool.engine.hold.set()
    for job_id in (*running, waiting):
        await spool.completed(job_id)


async def test_a_job_that_was_cancelled_at_a_stage_never_says_running_again(
    spool: Spool, speech: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    gate = Gate()
    monkeypatch.setattr(SlotEmbedder, "embed", gate.before(SlotEmbedder.embed))
    job_id = await spool.take_in(speech)
    async with gate.held():
        answer = await spool.http.post(f"/api/v1/jobs/{job_id}/cancel")
        assert answer.json()["status"] == "Cancelled"
    told = await said(spool, job_id)
    assert told["job"]["status"] == "Cancelled"
    assert (told["process"]["status"], told["process"]["error"]["code"]) == ("failed", "cancelled")
    assert told["video"]["status"] == "failed"
