"""What LanceDB keeps in memory does not grow with each write."""

import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from app.adapters.lance_index import LanceIndex, opening
from app.domain.media_types import MediaType
from app.domain.search import Moment, SearchMode, SearchQuery

MiB = 2**20
OPENED = """
import asyncio, sys
from app.adapters.lance_index import LanceIndex
asyncio.run(LanceIndex(sys.argv[1], dimensions=2, model="none").open())
import pyarrow
print(pyarrow.default_memory_pool().backend_name)
"""
WORD = SearchQuery(text="word", mode=SearchMode.KEYWORD, limit=100)


@pytest.fixture
async def index(tmp_path: Path) -> AsyncIterator[LanceIndex]:
    index = LanceIndex(str(tmp_path / "index"), dimensions=2, model="none")
    yield index
    await index.aclose()


async def test_versions_that_are_over_are_forgotten(
    index: LanceIndex, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of each write something stayed in memory, up to 1 GiB: half a megabyte of 20 jobs."""
    monkeypatch.setattr(opening, "METADATA_BYTES", MiB)
    kept = opening.kept_in_memory()
    monkeypatch.setattr(opening, "kept_in_memory", lambda: kept)
    await index.open()
    for number in range(60):
        await index.replace_asset(f"asset {number}", [_moment(number)], [None])
    assert kept.size_bytes < 2 * MiB


async def test_indexes_that_were_replaced_are_forgotten_once_the_table_is_tidied(
    index: LanceIndex, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They stayed in memory, up to 6 GiB. Who searches meanwhile goes on."""
    monkeypatch.setattr(opening, "NEEDED_BYTES", 0)
    await index.open()
    for number in range(10):
        await index.replace_asset(f"asset {number}", [_moment(number)], [None])
    before = index._open()
    assert await opening.outgrown(before)
    await index.tidy()
    after = index._open()
    assert after.session.size_bytes < before.session.size_bytes / 4
    assert await before.table.count_rows() == 10, "it is still open for who reads it"
    await index.replace_asset("asset 10", [_moment(10)], [None])
    await index.tidy()
    assert len(await index.search(WORD, None)) == 11


def test_threads_of_arrow_keep_no_huge_pages_each(tmp_path: Path) -> None:
    """Its own memory, which asks for such pages, grew to 110 MiB with the threads it ran on."""
    command = [sys.executable, "-c", OPENED, str(tmp_path / "index")]
    told = subprocess.run(command, check=True, capture_output=True, text=True, timeout=120)
    assert told.stdout.split() == ["system"]


def _moment(number: int) -> Moment:
    return Moment(
        moment_id=f"asset {number}#0",
        asset_id=f"asset {number}",
        media_type=MediaType.AUDIO,
        title="untitled",
        text="a word",
        start=0.0,
        end=4.5,
    )
