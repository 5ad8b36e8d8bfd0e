"""Somebody swaps a file, and the folder it is in, while the service takes it in and reads it."""

import os
from pathlib import Path

import pytest

from tests.api.spool import INGEST, Spool
from tests.changes import swapping
from tests.paths import CANARY, nobody_opens

pytestmark = pytest.mark.asyncio(loop_scope="module")
OWN = "# Words\n\nthe ones that the client named\n"
JOBS = 60
REFUSED = {"source.gone", "source.changed"}


@pytest.fixture
def secret(spool: Spool) -> Path:
    """Beside the root."""
    folder = spool.root.parent / "outside"
    folder.mkdir(exist_ok=True)
    (folder / "page.md").write_text(CANARY)
    return folder / "page.md"


async def test_a_race_of_swaps_yields_what_was_named_or_nothing(spool: Spool, secret: Path) -> None:
    folder, aside = spool.root / "deep", spool.root / "aside"
    page, beside = folder / "page.md", folder / "beside"
    folder.mkdir()

    def becomes_itself() -> None:
        beside.write_text(OWN)
        beside.replace(page)

    def becomes_a_link() -> None:
        beside.symlink_to(secret)
        beside.replace(page)

    def becomes_a_pipe() -> None:
        os.mkfifo(beside)
        beside.replace(page)

    def becomes_a_link_to_a_folder() -> None:
        folder.rename(aside)
        folder.symlink_to(secret.parent)
        folder.unlink()
        aside.rename(folder)

    turns = (becomes_itself, becomes_a_link, becomes_itself, becomes_a_pipe)
    with nobody_opens(secret), swapping(*turns, becomes_itself, becomes_a_link_to_a_folder):
        tried = [await taken_in(spool, dedupe=number % 3 == 0) for number in range(JOBS)]
        jobs = [job_id for job_id in tried if job_id is not None]
        ends = [await end_of(spool, job_id) for job_id in jobs]
    becomes_itself()
    job_id = await taken_in(spool)
    assert job_id is not None and await end_of(spool, job_id) == OWN
    assert set(ends) <= {OWN, *REFUSED}, ends
    assert len(jobs) < JOBS or set(ends) & REFUSED, "nothing was ever swapped at the wrong moment"


async def taken_in(spool: Spool, *, dedupe: bool = False) -> str | None:
    """None when it was refused: it was no file in the root just then."""
    wish = {"path": "deep/page.md", "dedupe": dedupe}
    answer = await spool.http.post(INGEST, json=wish)
    assert answer.status_code in (200, 202, 403, 404), answer.text
    assert CANARY not in answer.text
    return str(answer.json()["job_id"]) if answer.status_code < 300 else None


async def end_of(spool: Spool, job_id: str) -> str:
    """The text, or the code of what went wrong."""
    job = await spool.ended(job_id)
    if job["status"] == "Failed":
        assert job["attempts"] == 1 and not job["dead_letter"]
        return str(job["error"]["code"])
    result = await spool.http.get(f"/api/v1/jobs/{job_id}/result")
    assert result.status_code == 200 and CANARY not in result.text
    return str(result.json()["text"])
