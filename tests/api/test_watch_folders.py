"""Folders of this machine whose media are taken in by themselves."""

import asyncio
from pathlib import Path
from typing import Any

from tests.api.spool import Spool, opened


async def jobs(spool: Spool) -> list[dict[str, Any]]:
    """As soon as there are some."""
    async with asyncio.timeout(60):
        while True:
            answer = await spool.http.get("/api/v1/jobs")
            if found := list(answer.json()["jobs"]):
                return found
            await asyncio.sleep(0.05)


async def hits(spool: Spool, words: str) -> list[dict[str, Any]]:
    """As soon as the index is loaded: until then readers are told to come back."""
    query = {"q": words, "mode": "keyword"}
    async with asyncio.timeout(60):
        while True:
            answer = await spool.http.get("/api/v1/search", params=query)
            if answer.status_code != 503:
                return list(answer.json()["hits"])
            await asyncio.sleep(0.05)


async def test_what_lies_there_is_taken_in_and_found_and_stays_where_it_is(
    tmp_path: Path, model_folder: Path
) -> None:
    inbox = tmp_path / "inbox"
    (inbox / "deep").mkdir(parents=True)
    note = inbox / "deep" / "lighthouse.mdx"
    note.write_text("# Repairs\n\nThe lamp of the lighthouse was mended in spring.\n")
    watched = {"watch_folders": (inbox,), "watch_settle": 0.0}
    for _ in range(2):  # the second time nothing is new
        async with opened(tmp_path / "spool", model_folder, ingestion=watched) as spool:
            [job] = await jobs(spool)
            await spool.completed(job["job_id"])
            [hit] = await hits(spool, "lighthouse")
            assert (hit["media_type"], hit["asset_id"]) == ("text", job["asset_id"])
            assert (await spool.http.get(hit["url"])).status_code == 200
            assert job["source"] == {"kind": "path", "name": str(note.resolve())}
        (tmp_path / "spool" / "media").rmdir()
    assert note.exists()
