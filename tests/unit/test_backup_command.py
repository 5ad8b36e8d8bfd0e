"""`spool backup`, `restore` and `migrate` on a data folder, without a service."""

import hashlib
import json
from pathlib import Path

import pytest

from app.adapters.folder_lock import held
from app.adapters.sql import migrate
from app.domain.backups import FILES, MANIFEST
from tests.unit.typed import Spool

BEFORE = migrate.revisions()[-2]


@pytest.fixture(autouse=True)
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("DATABASE_URL", raising=False)
    monkeypatch.setenv("APP__STORAGE__DATA_DIR", str(tmp_path / "data"))
    return tmp_path / "data"


@pytest.fixture
def backup(tmp_path: Path) -> Path:
    return tmp_path / "backup"


def elsewhere(monkeypatch: pytest.MonkeyPatch, data: Path) -> Path:
    monkeypatch.setenv("APP__STORAGE__DATA_DIR", str(data))
    return data


def test_a_database_is_brought_up_and_back_and_told(spool: Spool) -> None:
    newest = migrate.head()
    assert spool("migrate", "--look", "--json").document() == {"schema": None, "newest": newest}
    assert spool("migrate", "--json").document() == {"schema": newest, "newest": newest}
    assert spool("migrate", "--to", BEFORE).out == f"schema {BEFORE}, of {newest}\n"
    assert spool("migrate").out == f"schema {newest}, of {newest}\n"


@pytest.mark.parametrize("revision", ["4711", "x", migrate.head()])
def test_it_is_not_brought_to_a_schema_that_it_has_not_come_to_or_that_is_none(
    spool: Spool, revision: str
) -> None:
    spool("migrate")
    spool("migrate", "--to", BEFORE)
    done = spool("migrate", "--to", revision)
    assert (done.status, done.out) == (1, "")
    assert spool("migrate", "--look").out.startswith(f"schema {BEFORE},")


def test_the_schema_is_not_changed_beneath_a_service(spool: Spool, data: Path) -> None:
    with held(data):
        done = spool("migrate")
        assert done.status == 1 and "another Spool" in done.err
        assert spool("migrate", "--look").status == 0


def test_what_is_backed_up_is_told_and_can_be_checked(spool: Spool, backup: Path) -> None:
    spool("migrate")
    assert spool("backup", backup).out.startswith("0 jobs, 0 files of 0.0 MB, as of ")
    good = spool("backup", backup, "--check")
    assert good.status == 0 and good.out.endswith("\nall of it is as it was when it was made\n")
    told = spool("backup", backup, "--check", "--json").document()
    assert (told["schema"], told["damaged"]) == (migrate.head(), [])


def test_a_service_may_be_at_work_meanwhile(spool: Spool, data: Path, backup: Path) -> None:
    spool("migrate")
    with held(data):
        assert spool("backup", backup).status == 0


def test_what_is_damaged_is_told_and_ends_with_1(spool: Spool, backup: Path) -> None:
    spool("migrate")
    spool("backup", backup)
    (backup / "files.sha256").write_text("x")
    done = spool("backup", backup, "--check")
    assert done.status == 1 and "damaged\tfiles.sha256 is not what it was" in done.out
    assert "all of it" not in done.out


def test_a_manifest_of_something_else_is_refused(spool: Spool, backup: Path) -> None:
    backup.mkdir()
    for content in ("{}", "[]", "not JSON", '{"made_at": "2026-01-01", "missing": [], "x": 1}'):
        (backup / MANIFEST).write_text(content)
        done = spool("restore", backup)
        assert done.status == 1 and MANIFEST in done.err and "Traceback" not in done.err


def test_where_there_is_no_database_there_is_nothing_to_back_up(spool: Spool, backup: Path) -> None:
    done = spool("backup", backup)
    assert done.status == 1 and "no database" in done.err


def test_a_folder_that_is_a_file_is_wrong_usage(spool: Spool, backup: Path) -> None:
    backup.touch()
    assert spool("backup", backup).status == 2


def test_files_go_where_the_settings_say_and_nowhere_else(
    spool: Spool, backup: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A listing that was tampered with leads out of the data folder as little as any key."""
    spool("migrate")
    spool("backup", backup)
    _list(backup, "../stolen")
    data = elsewhere(monkeypatch, tmp_path / "other")
    done = spool("restore", backup)
    assert done.status == 1
    assert not (tmp_path / "stolen").exists() and not (data / "spool.db").exists()


def _list(backup: Path, key: str) -> None:
    """As somebody does who can write there: the sums are right."""
    content = b"mine"
    target = backup / FILES / key
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(content)
    line = f"{hashlib.sha256(content).hexdigest()}  {FILES}/{key}\n"
    (backup / "files.sha256").write_text(line)
    manifest = json.loads((backup / MANIFEST).read_text())
    manifest["listing_sha256"] = hashlib.sha256(line.encode()).hexdigest()
    (backup / MANIFEST).write_text(json.dumps(manifest))
