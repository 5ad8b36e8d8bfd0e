"""Whether the process lives, and whether work should be sent to it: the two questions of those
who run it."""

import asyncio
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from app.domain.errors import StorageError
from app.domain.keys import Scope
from tests.api.spool import Spool, opened

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def not_ready(spool: Spool, **headers: str) -> list[dict[str, Any]]:
    """The reasons."""
    answer = await spool.http.get("/health/ready", headers=headers)
    assert answer.status_code == 503
    assert answer.headers["retry-after"]
    found = answer.json()
    assert found["ready"] is False
    assert found["error"]["code"] == found["reasons"][0]["code"]
    reasons: list[dict[str, Any]] = found["reasons"]
    return reasons


async def ready(spool: Spool) -> bool:
    answer = await spool.http.get("/health/ready")
    return answer.status_code == 200 and answer.json() == {"ready": True}


async def test_a_service_that_is_open_lives_and_is_ready(spool: Spool) -> None:
    answer = await spool.http.get("/health/live")
    assert (answer.status_code, answer.json()) == (200, {"live": True})
    assert await ready(spool)


async def test_models_that_are_not_there_are_no_reason(tmp_path: Path) -> None:
    models = {"pypi": False, "hub": False}
    async with opened(tmp_path, tmp_path / "none", models=models) as spool:
        assert await ready(spool)


async def test_a_full_disk_is_a_reason(spool: Spool, monkeypatch: pytest.MonkeyPatch) -> None:
    disk = spool.doors.readiness.disk
    monkeypatch.setattr(disk, "_free", lambda: 0)
    [reason] = await not_ready(spool)
    assert reason["code"] == "storage.full" and "nearly full" in reason["message"]
    monkeypatch.undo()
    disk.paused = False
    assert await ready(spool)


async def test_a_data_folder_that_takes_nothing_is_a_reason(
    spool: Spool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(spool.doors.readiness.disk, "_writable", lambda: False)
    assert [reason["code"] for reason in await not_ready(spool)] == ["storage.denied"]
    monkeypatch.undo()
    assert await ready(spool)


async def test_a_database_that_fails_is_a_reason_and_the_process_lives(
    spool: Spool, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken() -> None:
        raise StorageError("disk I/O error")

    monkeypatch.setattr(spool.doors.readiness, "census", SimpleNamespace(answers=broken))
    [reason] = await not_ready(spool)
    assert reason == {"code": "storage.failed", "message": "disk I/O error"}
    assert (await spool.http.get("/health/live")).status_code == 200


async def test_a_database_that_hangs_is_a_reason_and_is_asked_once(
    spool: Spool, monkeypatch: pytest.MonkeyPatch
) -> None:
    over, asked = asyncio.Event(), 0

    async def hanging() -> None:
        nonlocal asked
        asked += 1
        await over.wait()

    monkeypatch.setattr(spool.doors.readiness, "census", SimpleNamespace(answers=hanging))
    monkeypatch.setattr(spool.doors.readiness, "patience", 0.01)
    for _ in range(3):
        assert [each["code"] for each in await not_ready(spool)] == ["storage.unavailable"]
    assert asked == 1
    over.set()
    monkeypatch.undo()
    assert await ready(spool)


async def test_a_service_that_stops_is_not_ready(tmp_path: Path, model_folder: Path) -> None:
    async with opened(tmp_path, model_folder) as spool:
        spool.doors.send_away()
        assert [reason["code"] for reason in await not_ready(spool)] == ["service.stopping"]
        assert (await spool.http.get("/health/live")).status_code == 200


async def test_strangers_learn_codes_alone(tmp_path: Path, model_folder: Path) -> None:
    async with opened(tmp_path, model_folder, server={"require_keys": True}) as spool:
        assert await ready(spool)
        spool.doors.send_away()
        [reason] = await not_ready(spool)
        assert reason == {"code": "service.stopping", "message": "not ready"}
        _, secret = await spool.doors.keys.create("of the tests", [Scope.READ])
        [reason] = await not_ready(spool, Authorization=f"Bearer {secret}")
        assert reason == {"code": "service.stopping", "message": "the service stops"}


@pytest.mark.parametrize("path", ["/health/live", "/health/ready"])
async def test_they_take_no_parameters(spool: Spool, path: str) -> None:
    assert (await spool.http.get(f"{path}?verbose=1")).status_code == 422
