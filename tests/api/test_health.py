"""Health: at once, true, and with what is missing."""

import asyncio
from pathlib import Path

import pytest

from app import __version__
from tests.api.spool import Spool, opened

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def health(spool: Spool) -> dict[str, object]:
    answer = await spool.http.get("/health")
    assert answer.status_code == 200
    found: dict[str, object] = answer.json()
    return found


async def test_health_tells_what_is_ready(spool: Spool, speech: bytes) -> None:
    await spool.completed(await spool.take_in(speech))  # needs all the parts
    found = await health(spool)
    assert found.keys() == {
        "status",
        "version",
        "uptime_seconds",
        "ready",
        "jobs",
        "frames",
        "dead_letters",
        "disk",
        "queue",
        "workers",
    }
    assert (found["status"], found["version"]) == ("ok", __version__)
    assert found["ready"] == {
        "engine": "ready",
        "speech_detection": "ready",
        "embeddings": "ready",
        "index": "ready",
    }
    assert found["workers"] == {"busy": 0, "total": 1}
    assert (found["dead_letters"], found["disk"]) == (0, "ok")


async def test_health_counts_jobs_and_the_line(spool: Spool, speech: bytes) -> None:
    spool.engine.hold.clear()
    before = await health(spool)
    assert isinstance(before["jobs"], dict)
    jobs = [await spool.take_in(speech) for _ in range(4)]
    async with asyncio.timeout(60):
        while (found := await health(spool))["queue"] != {"waiting": 2, "running": 2}:
            pass
    assert isinstance(found["jobs"], dict)
    assert (found["jobs"]["running"], found["jobs"]["pending"]) == (2, 2)
    assert found["jobs"].keys() == {"pending", "running", "completed", "failed", "cancelled"}
    assert found["frames"] == dict.fromkeys(found["jobs"], 0)
    spool.engine.hold.set()
    for job_id in jobs:
        await spool.completed(job_id)
    after = await health(spool)
    assert isinstance(after["jobs"], dict)
    assert after["jobs"]["completed"] == before["jobs"]["completed"] + 4
    assert after["queue"] == {"waiting": 0, "running": 0}


async def test_without_the_embedding_model_all_else_works_and_says_so(
    tmp_path: Path, model_folder: Path, speech: bytes
) -> None:
    search = {"embedding_model": "no-such-model"}
    async with opened(tmp_path, model_folder, search=search, models={"pypi": False}) as spool:
        job = await spool.completed(await spool.take_in(speech, asset_id="a"))
        assert [warning["code"] for warning in job["warnings"]] == ["embedding.failed"]
        ready = (await health(spool))["ready"]
        assert isinstance(ready, dict)
        assert ready["embeddings"].startswith("failed: ") and ready["index"] == "ready"
        found = (await spool.http.get("/api/v1/search?q=window")).json()
        assert found["mode"] == "keyword" and found["notice"]
        assert {hit["asset_id"] for hit in found["hits"]} == {"a"}


async def test_without_the_weights_of_speech_detection_jobs_fail_with_the_reason(
    tmp_path: Path, speech: bytes
) -> None:
    models = {"pypi": False, "hub": False}
    ingestion = {"max_errors": 1}
    async with opened(tmp_path, tmp_path / "none", models=models, ingestion=ingestion) as spool:
        job = await spool.ended(await spool.take_in(speech))
        assert job["status"] == "Failed" and "speech detection" in job["error"]["message"]
        ready = (await health(spool))["ready"]
        assert isinstance(ready, dict)
        assert ready["speech_detection"].startswith("failed: ") and ready["engine"] == "ready"
