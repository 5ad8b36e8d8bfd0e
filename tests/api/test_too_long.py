"""A medium over `max_duration` fails as such, at every door, whoever reads it."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from tests.api.spool import Spool, error, multipart, opened
from tests.media import make_video

pytestmark = pytest.mark.asyncio(loop_scope="module")
CODE = "media.too_long"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def open_spool(
    tmp_path_factory: pytest.TempPathFactory, model_folder: Path
) -> AsyncIterator[Spool]:
    folder, limits = tmp_path_factory.mktemp("short"), {"max_duration": 5.0}
    async with opened(folder, model_folder, ingestion=limits) as spool:
        yield spool


@pytest.mark.parametrize("name", ["talk.flac", "talk.mp4"])
async def test_a_medium_that_is_too_long_fails_at_once_with_its_code(
    spool: Spool, speech: bytes, tmp_path: Path, name: str
) -> None:
    flac = tmp_path / "talk.flac"
    flac.write_bytes(speech)
    medium = flac if name == flac.name else make_video(tmp_path / name, flac)
    job = await spool.ended(await spool.take_in(medium.read_bytes(), name))
    assert (job["status"], job["error"]["code"]) == ("Failed", CODE)
    assert (job["attempts"], job["dead_letter"]) == (1, False), "another attempt is of no use"
    assert "5" in job["error"]["message"], "the limit is told"
    assert spool.engine.heard == []
    error(await spool.http.get(job["result_url"]), 409, CODE)
    told = await spool.http.get(f"/result/{job['job_id']}")
    assert told.status_code == 500 and told.json()["error_message"] == job["error"]["message"]


async def test_who_waits_for_the_answer_is_told_too(spool: Spool, speech: bytes) -> None:
    body, headers = multipart(("file", "talk.flac", speech))
    answer = await spool.http.post("/process-audio", content=body, headers=headers)
    assert answer.status_code == 422 and answer.json()["error"]["code"] == CODE
    parts = (("model", None, b"whisper-1"), ("file", "talk.flac", speech))
    body, headers = multipart(*parts)
    answer = await spool.http.post("/v1/audio/transcriptions", content=body, headers=headers)
    error(answer, 400, CODE)


async def test_a_medium_within_the_limit_is_heard(spool: Spool, quiet: bytes) -> None:
    await spool.completed(await spool.take_in(quiet))
