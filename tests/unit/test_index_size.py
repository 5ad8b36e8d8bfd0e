"""The size of an index on disk, while LanceDB tidies it."""

import os
import shutil
from pathlib import Path
from typing import Any

import pytest

from app.adapters.lance_index import keeping


def test_a_folder_that_is_tidied_away_while_it_is_measured_counts_for_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`/health` and `/metrics` ask for it at any time: it was an error of the storage."""
    (tmp_path / "kept").mkdir()
    (tmp_path / "kept" / "rows").write_bytes(b"12345")
    (tmp_path / "old").mkdir()
    listed = os.scandir

    def scandir(place: Any) -> Any:
        if str(place) == str(tmp_path / "old"):  # rmtree itself lists by descriptor
            shutil.rmtree(place)
        return listed(place)

    monkeypatch.setattr(os, "scandir", scandir)
    assert keeping._size(str(tmp_path)) == 5
    assert not (tmp_path / "old").exists()
