"""A large upload goes to the disk as it comes, and never lies in memory."""

import tracemalloc
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.api.spool import BOUNDARY, multipart, opened

MiB = 1024 * 1024
SIZE, MOST = 64 * MiB, 8 * MiB


PIECE = bytes(64 * 1024)


async def form(size: int) -> AsyncIterator[bytes]:
    """A form of so many bytes of nothing, made as it is sent."""
    whole, _ = multipart(("file", "talk.mp4", b"|"))
    head, tail = whole.split(b"|")
    yield head
    for _ in range(size // len(PIECE)):
        yield PIECE
    yield tail


@pytest.mark.parametrize("url", ["/process", "/api/v1/ingest"])
async def test_memory_does_not_grow_with_the_upload(
    tmp_path: Path, model_folder: Path, url: str
) -> None:
    headers = {"Content-Type": f"multipart/form-data; boundary={BOUNDARY}"}
    async with opened(tmp_path, model_folder, ingestion={"max_file_size": 2 * SIZE}) as spool:
        await spool.http.post(url, content=form(MiB), headers=headers)  # what is loaded once, is
        tracemalloc.start()
        try:
            answer = await spool.http.post(url, content=form(SIZE), headers=headers)
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
        assert answer.is_success, answer.text
        assert [path.stat().st_size for path in spool.files()].count(SIZE) == 1
        assert peak < MOST
