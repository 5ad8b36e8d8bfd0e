"""What a client sends again after another engine became the default."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from app.domain.errors import EngineRefused
from tests.api.spool import INGEST, Spool, opened
from tests.api.test_engines_routes import Makers, put

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest.fixture(scope="module")
def makers() -> Makers:
    return Makers()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def open_spool(
    tmp_path_factory: pytest.TempPathFactory, model_folder: Path, makers: Makers
) -> AsyncIterator[Spool]:
    factories = {name: makers for name in ("faster_whisper", "whisper_cpp", "openai")}
    folder = tmp_path_factory.mktemp("swapped")
    async with opened(folder, model_folder, factories=factories) as spool:
        yield spool


@pytest.mark.parametrize("sent_as", ["upload", "path"])
async def test_the_same_request_under_its_key_is_the_same_job(
    spool: Spool, quiet: bytes, sent_as: str
) -> None:
    (spool.root / "quiet.wav").write_bytes(quiet)
    headers = {"Idempotency-Key": f"across a swap by {sent_as}"}
    ids = []
    for provider in ("faster_whisper", "whisper_cpp"):
        assert (await put(spool, provider, "base")).status_code == 200
        if sent_as == "upload":
            params = {"model": "base"}
            answer = await spool.http.post(INGEST, content=quiet, params=params, headers=headers)
        else:
            wish = {"path": "quiet.wav", "model": "base"}
            answer = await spool.http.post(INGEST, json=wish, headers=headers)
        assert answer.status_code == 202, answer.text
        ids.append(answer.json()["job_id"])
    assert ids[0] == ids[1]
    assert (await spool.completed(ids[0]))["status"] == "Completed"


async def test_a_job_that_failed_is_heard_by_the_new_default_when_it_is_sent_again(
    spool: Spool, makers: Makers, speech: bytes
) -> None:
    assert (await put(spool, "openai", "broken")).status_code == 200
    makers.made["broken"].failures = {0: [EngineRefused("no such model") for _ in range(9)]}
    job_id = await spool.take_in(speech)
    failed = await spool.ended(job_id)
    assert (failed["status"], failed["provider"], failed["model"]) == ("Failed", "openai", "broken")
    assert (await put(spool, "faster_whisper", "base")).status_code == 200
    assert (await spool.http.post(f"/api/v1/jobs/{job_id}/retry")).is_success
    job = await spool.completed(job_id)
    assert (job["provider"], job["model"]) == ("faster_whisper", "base")
