"""What LanceDB keeps in memory does not grow with each write."""

from pathlib import Path

import pytest

from app.adapters.lance_index import LanceIndex, opening
from app.domain.media_types import MediaType
from app.domain.search import Moment

MiB = 2**20


async def test_versions_that_are_over_are_forgotten(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of each write something stayed in memory, up to 1 GiB: half a megabyte of 20 jobs."""
    monkeypatch.setattr(opening, "METADATA_BYTES", MiB)
    kept = opening.kept_in_memory()
    monkeypatch.setattr(opening, "kept_in_memory", lambda: kept)
    index = LanceIndex(str(tmp_path / "index"), dimensions=2, model="none")
    await index.open()
    try:
        for number in range(60):
            await index.replace_asset(f"asset {number}", [_moment(number)], [None])
        assert kept.size_bytes < 2 * MiB
    finally:
        await index.aclose()


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
