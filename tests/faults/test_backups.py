"""A backup made under load is whole, one that was cut short is none, a restore is made again."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.faults import stored
from tests.faults.invariants import check
from tests.faults.ledger import Ledger
from tests.faults.level import index_differs
from tests.faults.load import Load
from tests.faults.outside import Outside
from tests.faults.polling import until
from tests.faults.spool import Spool
from tests.postgres import Postgres

KILLED = -9


@pytest.fixture
def database(postgres_server: Postgres) -> Iterator[str]:
    """The URL of a server's, with nothing in it."""
    url = postgres_server.empty()
    yield url
    postgres_server.drop(url)


def backed_up(spool: Spool, folder: Path) -> None:
    for words in (("backup", folder), ("backup", folder, "--check")):
        done = spool.command(*words)
        assert done.returncode == 0, done.stderr


def under_load(spool: Spool, ledger: Ledger, world: Outside, folder: Path) -> set[str]:
    """Makes a backup; the jobs that must be in it."""
    with Load(spool, ledger, world, seed=5):
        until(lambda: len(ledger.acknowledged()) > 12, 60, "some jobs")
        known = {str(order.job_id) for order in ledger.acknowledged() if not order.taken}
        backed_up(spool, folder)
    return known - {str(order.job_id) for order in ledger.acknowledged() if order.deleted}


def test_a_backup_made_under_load_starts_as_a_whole_service(
    make_spool: Callable[..., Spool],
    ledger: Ledger,
    world: Outside,
    golden: dict[str, str],
    tmp_path: Path,
) -> None:
    spool, folder = make_spool(), tmp_path / "backup"
    spool.start()
    known = under_load(spool, ledger, world, folder)
    assert check(spool, ledger, world, golden).violations == []
    restored = make_spool()
    assert restored.command("restore", folder).returncode == 0
    restored.start()
    until(restored.is_ready, 60, "ready")
    restored.drain()
    for job_id in known:
        assert restored.job(job_id).get("finished_at"), job_id
    assert restored.stop() == 0
    assert not (restored.data / "quarantine").exists()
    with stored.database(restored.data) as rows:
        assert stored.damage(rows) == []
    assert index_differs(restored.data) == []


def test_a_backup_of_a_file_goes_on_as_a_service_on_a_server(
    make_spool: Callable[..., Spool], database: str, sent_media: Path, tmp_path: Path
) -> None:
    spool, folder = make_spool(), tmp_path / "backup"
    spool.start()
    job_id = spool.post(sent_media / "short.wav", title="before")
    spool.ended(job_id)
    backed_up(spool, folder)
    said = spool.transcript(job_id)
    moved = make_spool(APP__STORAGE__DATABASE_URL=database)
    assert moved.command("restore", folder).returncode == 0
    moved.start()
    assert moved.transcript(job_id) == said
    assert moved.ended(moved.post(sent_media / "short.wav"))["status"] == "Completed"
    back = tmp_path / "back"
    backed_up(moved, back)
    again = make_spool()
    assert again.command("restore", back).returncode == 0
    again.start()
    assert again.transcript(job_id) == said


@pytest.mark.parametrize("point", ["backup.database", "backup.files"])
def test_a_backup_that_is_killed_is_none(
    spool: Spool, sent_media: Path, tmp_path: Path, point: str
) -> None:
    spool.start()
    spool.ended(spool.post(sent_media / "short.wav"))
    folder = tmp_path / "backup"
    assert spool.command("backup", folder, crash_at=point).returncode == KILLED
    for words in (("backup", folder, "--check"), ("restore", folder)):
        done = spool.command(*words)
        assert done.returncode == 1 and "cut short" in done.stderr
    assert spool.ended(spool.post(sent_media / "short.wav"))["status"] == "Completed"
    backed_up(spool, tmp_path / "another")


@pytest.mark.parametrize("point", ["restore.files", "restore.rows"])
def test_a_restore_that_is_killed_can_be_made_again(
    spool: Spool, make_spool: Callable[..., Spool], sent_media: Path, tmp_path: Path, point: str
) -> None:
    spool.start()
    job_id = spool.post(sent_media / "short.wav")
    spool.ended(job_id)
    backed_up(spool, tmp_path / "backup")
    restored = make_spool()
    killed = restored.command("restore", tmp_path / "backup", crash_at=point)
    assert killed.returncode == KILLED
    assert not (restored.data / "spool.db").exists()
    assert restored.command("restore", tmp_path / "backup").returncode == 1
    assert restored.command("restore", tmp_path / "backup", "--replace").returncode == 0
    restored.start()
    assert restored.transcript(job_id) == spool.transcript(job_id)


def test_a_restore_onto_a_server_that_is_killed_leaves_it_without_rows(
    spool: Spool,
    make_spool: Callable[..., Spool],
    database: str,
    sent_media: Path,
    tmp_path: Path,
) -> None:
    spool.start()
    job_id = spool.post(sent_media / "short.wav")
    spool.ended(job_id)
    backed_up(spool, tmp_path / "backup")
    moved = make_spool(APP__STORAGE__DATABASE_URL=database)
    killed = moved.command("restore", tmp_path / "backup", crash_at="restore.rows")
    assert killed.returncode == KILLED
    assert moved.command("restore", tmp_path / "backup", "--replace").returncode == 0
    moved.start()
    assert moved.transcript(job_id) == spool.transcript(job_id)
