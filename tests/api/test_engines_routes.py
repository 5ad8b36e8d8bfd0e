"""Engines over HTTP: which there are, and another default while jobs run."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx2
import pytest
import pytest_asyncio

from app.domain.errors import EngineError, ModelNotFound
from app.services.engines import EngineShelf
from tests.api.spool import Spool, error, opened
from tests.fakes import FakeEngine

pytestmark = pytest.mark.asyncio(loop_scope="module")
ENGINES = "/api/v1/engines"
DEFAULT = f"{ENGINES}/default"
PLACES = 20  # jobs that run at a time


class Makers:
    """Engines by model; all of one model hear on when `gates` lets them."""

    def __init__(self) -> None:
        self.failures: list[Exception] = []
        self.made: dict[str, FakeEngine] = {}

    async def __call__(self, model: str) -> FakeEngine:
        if self.failures:
            raise self.failures.pop(0)
        engine = FakeEngine(model, concurrency=64)
        engine.provider = "faster_whisper"
        self.made[model] = engine
        return engine


@pytest.fixture(scope="module")
def makers() -> Makers:
    return Makers()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def open_spool(
    tmp_path_factory: pytest.TempPathFactory, model_folder: Path, makers: Makers
) -> AsyncIterator[Spool]:
    factories = {"faster_whisper": makers, "openai": makers}
    places = {"max_concurrent_jobs": PLACES}
    folder = tmp_path_factory.mktemp("engines")
    async with opened(folder, model_folder, factories=factories, ingestion=places) as spool:
        yield spool


async def put(spool: Spool, provider: Any, model: Any) -> httpx2.Response:
    return await spool.http.put(DEFAULT, json={"provider": provider, "model": model})


async def listed(spool: Spool) -> dict[str, Any]:
    answer = await spool.http.get(ENGINES)
    assert answer.status_code == 200
    found: dict[str, Any] = answer.json()
    return found


async def ready(spool: Spool) -> None:
    async with asyncio.timeout(30):
        while (await listed(spool))["state"] != "ready":
            pass


async def test_engines_are_listed_with_their_models_and_leases(spool: Spool) -> None:
    await ready(spool)
    await put(spool, "faster_whisper", "base")
    found = await listed(spool)
    assert found["default"] == {"provider": "faster_whisper", "model": "base"}
    providers = {each["provider"]: each for each in found["providers"]}
    assert "tiny.en" in providers["faster_whisper"]["models"]
    assert providers["openai"] == {"provider": "openai", "model": "whisper-1", "models": []}
    [loaded] = [each for each in found["loaded"] if each["default"]]
    assert loaded["idle_seconds"] >= 0 and loaded["leases"] == found["leases"] == 0


async def statuses(spool: Spool, jobs: list[str]) -> set[str]:
    return {(await spool.job(job_id))["status"] for job_id in jobs}


async def completed_on(spool: Spool, job_id: str, provider: str, model: str) -> None:
    """At the first attempt, with all of its three windows."""
    job = await spool.completed(job_id)
    assert job["attempts"] == 1 and job["history"][0]["error_code"] is None
    result = (await spool.http.get(job["result_url"])).json()
    assert (result["provider"], result["model"]) == (provider, model)
    assert (job["provider"], job["model"]) == (provider, model)
    assert len(result["segments"]) == 3


async def test_a_swap_during_20_running_jobs_loses_none(
    spool: Spool, makers: Makers, speech: bytes
) -> None:
    await ready(spool)
    assert (await put(spool, "faster_whisper", "base")).status_code == 200
    makers.made["base"].hold.clear()
    begun = [await spool.take_in(speech) for _ in range(PLACES)]
    waiting = [await spool.take_in(speech) for _ in range(2)]
    async with asyncio.timeout(120):
        while (await listed(spool))["leases"] < PLACES:
            pass
    assert await statuses(spool, begun) == {"Transcribing"}
    answer = await put(spool, "faster_whisper", "tiny.en")
    assert answer.status_code == 200, answer.text
    assert answer.json()["default"] == {"provider": "faster_whisper", "model": "tiny.en"}
    assert await statuses(spool, begun) == {"Transcribing"}
    assert await statuses(spool, waiting) == {"Pending"}
    later = [await spool.take_in(speech) for _ in range(2)]
    makers.made["base"].hold.set()
    for model, jobs in (("base", begun), ("tiny.en", [*waiting, *later])):
        for job_id in jobs:
            await completed_on(spool, job_id, "faster_whisper", model)
    assert not makers.made["base"].closed


async def test_a_job_that_waits_keeps_the_provider_of_the_model_that_it_named(
    spool: Spool, makers: Makers, speech: bytes
) -> None:
    await put(spool, "faster_whisper", "base")
    makers.made["base"].hold.clear()
    held = [await spool.take_in(speech) for _ in range(PLACES)]
    waiting = await spool.take_in(speech, model="tiny.en")
    assert (await put(spool, "openai", "whisper-1")).status_code == 200
    makers.made["base"].hold.set()
    for job_id in held:
        await spool.completed(job_id)
    job = await spool.completed(waiting)
    assert (job["provider"], job["model"]) == ("faster_whisper", "tiny.en")


@pytest.mark.parametrize(
    ("failure", "status", "code"),
    [
        (ModelNotFound("no network"), 422, "model.not_found"),
        (EngineError("it does not start"), 503, "engine.failed"),
    ],
)
async def test_an_engine_that_does_not_load_is_told_and_the_default_stays(
    spool: Spool, makers: Makers, quiet: bytes, failure: Exception, status: int, code: str
) -> None:
    assert (await put(spool, "faster_whisper", "base")).status_code == 200
    makers.failures = [failure]
    error(await put(spool, "openai", f"not-{code}"), status, code)
    assert (await listed(spool))["default"]["model"] == "base"
    await spool.completed(await spool.take_in(quiet))


@pytest.mark.parametrize(
    ("body", "named"),
    [
        ({"provider": "aws", "model": "base"}, "provider"),
        ({"provider": "faster_whisper", "model": "huge"}, "model"),
        ({"provider": "faster_whisper", "model": "/etc/passwd"}, "model"),
        ({"provider": "faster_whisper"}, "model"),
        ({"provider": None, "model": "base"}, "provider"),
        ({"provider": 1, "model": "base"}, "provider"),
        ({"provider": "faster_whisper", "model": ""}, "model"),
        ({"provider": "faster_whisper", "model": "base", "x": 1}, "x"),
        ([], "body"),
    ],
)
async def test_a_wrong_choice_is_named(spool: Spool, body: object, named: str) -> None:
    before = (await listed(spool))["default"]
    answer = await spool.http.put(DEFAULT, json=body)
    assert named in error(answer, 422, "request.invalid")["message"]
    assert (await listed(spool))["default"] == before


async def test_what_is_no_json_and_what_is_asked_besides_is_refused(spool: Spool) -> None:
    error(await spool.http.put(DEFAULT, content=b"{"), 422, "request.invalid")
    error(await spool.http.get(f"{ENGINES}?x=1"), 422, "request.invalid")
    choice = {"provider": "faster_whisper", "model": "base"}
    error(await spool.http.put(f"{DEFAULT}?x=1", json=choice), 422, "request.invalid")


async def test_two_swaps_at_once_leave_the_later_one(spool: Spool) -> None:
    answers = await asyncio.gather(
        put(spool, "faster_whisper", "base"), put(spool, "faster_whisper", "tiny.en")
    )
    assert [answer.status_code for answer in answers] == [200, 200]
    assert (await listed(spool))["default"]["model"] == "tiny.en"


async def test_an_idle_engine_is_told_and_comes_back_for_a_job(
    spool: Spool, makers: Makers, speech: bytes
) -> None:
    await put(spool, "faster_whisper", "base")
    engines: EngineShelf = spool.doors.engines
    await engines.unload(0.0)
    found = await listed(spool)
    assert (found["state"], found["loaded"]) == ("idle", [])
    assert (await spool.http.get("/health")).json()["ready"]["engine"] == "idle"
    assert makers.made["base"].closed
    job = await spool.completed(await spool.take_in(speech))
    assert job["model"] == "base"
    assert (await spool.http.get("/health")).json()["ready"]["engine"] == "ready"


async def test_where_the_configured_model_lies_is_nobodys_business(
    tmp_path: Path, model_folder: Path, speech: bytes
) -> None:
    chosen = {"model": "/srv/secret/own.bin", "workers": 1}
    made = Makers()
    factories = {"faster_whisper": made}
    async with opened(tmp_path, model_folder, factories=factories, transcription=chosen) as spool:
        await ready(spool)
        assert (await listed(spool))["default"]["model"] == "own.bin"
        job = await spool.completed(await spool.take_in(speech, model="own.bin"))
        result = (await spool.http.get(job["result_url"])).json()
        assert job["model"] == result["model"] == "own.bin"
        assert (await put(spool, "faster_whisper", "tiny.en")).status_code == 200
        found = (await put(spool, "faster_whisper", "own.bin")).text
        assert "secret" not in f"{found} {await listed(spool)} {job} {result}"
        assert sorted(made.made) == ["/srv/secret/own.bin", "tiny.en"]
