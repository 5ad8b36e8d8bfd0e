"""A resumable upload that nothing happens to: its time ends, then its row and its file go."""

import asyncio
from pathlib import Path

from tests.api import tus
from tests.api.spool import Spool, error, opened
from tests.api.tus import VERSION, created, send

SHORT = {"upload_expires": 1.0}  # seconds


def growing(spool: Spool) -> list[Path]:
    return list((spool.data / "uploads").glob("*"))


async def answered(spool: Spool, url: str, status: int) -> None:
    """Until HEAD answers so."""
    async with asyncio.timeout(60):
        while (await tus.look(spool.http, url)).status_code != status:
            pass


async def test_an_upload_whose_time_is_over_is_gone_with_row_and_file(
    tmp_path: Path, model_folder: Path
) -> None:
    """Answered 410 as soon as it is over, and 404 once it is swept, here by the next start."""
    async with opened(tmp_path, model_folder, ingestion=SHORT) as spool:
        url = await created(spool.http, 5)
        assert (await send(spool.http, url, 0, b"abc")).status_code == 204
        assert len(growing(spool)) == 1
        await answered(spool, url, 410)
        error(await send(spool.http, url, 3, b"de"), 410, "upload.expired")
        error(await spool.http.delete(url, headers=VERSION), 410, "upload.expired")
    (tmp_path / "media").rmdir()
    async with opened(tmp_path, model_folder, ingestion=SHORT) as spool:
        await answered(spool, url, 404)
        error(await send(spool.http, url, 3, b"de"), 404, "upload.not_found")
        async with asyncio.timeout(60):
            while growing(spool):
                await tus.look(spool.http, url)
        assert await spool.count() == 0
