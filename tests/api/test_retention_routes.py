"""What would go because its time is over is shown first, and goes when it is asked for."""

import os
import uuid
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from tests.api.spool import Spool, error, opened

pytestmark = pytest.mark.asyncio(loop_scope="module")

RETENTION = "/api/v1/retention"
SOON = 1e-9  # days


@pytest_asyncio.fixture(loop_scope="module")
async def hasty(tmp_path: Path, model_folder: Path) -> AsyncIterator[Spool]:
    """Keeps no completed job, but looks only when it is asked: of itself after ten minutes."""
    rules = {"completed_days": SOON}
    async with opened(tmp_path / "hasty", model_folder, retention=rules) as spool:
        yield spool


async def test_what_would_go_is_shown_and_stays_until_it_is_asked_for(
    hasty: Spool, quiet: bytes
) -> None:
    job_id = await hasty.take_in(quiet)
    ended = await hasty.completed(job_id)
    [rule] = (await hasty.http.get(RETENTION)).json()["rules"]
    assert rule["ending"] == "completed"
    [shown] = rule["jobs"]
    assert (shown["job_id"], shown["asset_id"]) == (job_id, ended["asset_id"])
    assert await hasty.job(job_id)
    assert (await hasty.http.post(RETENTION)).json() == {"deleted": 1}
    error(await hasty.http.get(f"/api/v1/jobs/{job_id}"), 404, "job.not_found")
    assert (await hasty.http.post(RETENTION)).json() == {"deleted": 0}


async def test_where_nothing_has_a_time_there_is_no_rule(spool: Spool) -> None:
    assert (await spool.http.get(RETENTION)).json() == {"rules": []}
    assert (await spool.http.post(RETENTION)).json() == {"deleted": 0}


async def test_it_takes_no_options(spool: Spool) -> None:
    for method in ("GET", "POST"):
        answer = await spool.http.request(method, RETENTION, params={"days": "1"})
        error(answer, 422, "request.invalid")


async def test_files_that_no_job_needs_are_told_and_removed_when_it_is_asked_for(
    spool: Spool, quiet: bytes
) -> None:
    job_id = await spool.take_in(quiet)
    await spool.completed(job_id)
    left = spool.data / f"results/{uuid.uuid4()}.json"
    fresh = left.with_name(f"{uuid.uuid4()}.json")
    for path in (left, fresh):
        path.write_text("{}")
    os.utime(left, (0, 0))
    for path in spool.data.glob(f"*/{job_id}*"):
        os.utime(path, (0, 0))
    found = (await spool.http.get(f"{RETENTION}/orphans")).json()
    assert found == {"count": 1, "files": [f"results/{left.name}"]}
    assert left.exists()
    assert (await spool.http.post(f"{RETENTION}/orphans")).json() == {"removed": 1}
    assert fresh.exists() and not left.exists() and list(spool.data.glob(f"*/{job_id}*"))
    assert (await spool.http.get(f"{RETENTION}/orphans?x=1")).status_code == 422
