"""A data folder belongs to one service at a time."""

import subprocess
import sys
from pathlib import Path

import pytest

from app.adapters.folder_lock import held
from app.bootstrap.stores import index_folder
from app.config import load_settings
from app.domain.errors import ConfigError, StorageError
from tests.media import ROOT

HOLD = """
import pathlib, sys
from app.adapters.folder_lock import held
with held(pathlib.Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""


def test_a_second_holder_is_refused_until_the_first_lets_go(tmp_path: Path) -> None:
    with held(tmp_path):
        with pytest.raises(ConfigError, match="another Spool is running"), held(tmp_path):
            pass
    with held(tmp_path):
        pass


def test_the_folder_is_named_in_full_however_it_is_set(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with held(Path("data")):
        with pytest.raises(ConfigError, match=str(tmp_path / "data")), held(Path("data")):
            pass


def test_a_folder_that_is_made_is_nobody_elses_to_read(tmp_path: Path) -> None:
    with held(tmp_path / "new" / "data"):
        assert (tmp_path / "new" / "data").stat().st_mode & 0o777 == 0o700


def test_a_killed_holder_leaves_the_folder_free(tmp_path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(tmp_path)],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"held\n"
        with pytest.raises(ConfigError), held(tmp_path):
            pass
        holder.kill()
    with held(tmp_path):
        pass


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("")
    with pytest.raises(StorageError, match="file/data"), held(file / "data"):
        pass


@pytest.mark.parametrize(
    ("told", "found"),
    [
        ({}, "data/index"),
        ({"index_uri": ""}, "data/index"),
        ({"index_uri": "/srv/index"}, "/srv/index"),
        ({"index_uri": "file:///srv/index"}, "/srv/index"),
        ({"index_uri": "data/../data"}, None),  # it is held already
        ({"index_uri": "s3://bucket/index"}, None),
        ({"files_url": "s3://bucket"}, None),
    ],
)
def test_the_folder_of_the_index_is_known_however_it_is_told(
    told: dict[str, str], found: str | None
) -> None:
    settings = load_settings(storage={"data_dir": "data", **told}).storage
    assert index_folder(settings) == (None if found is None else Path(found))
