"""The database is held by another, damaged, older than its files; the index is gone."""

import shutil
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from tests.faults.invariants import Findings, check, settle
from tests.faults.ledger import Ledger, Order
from tests.faults.load import Load
from tests.faults.outside import Outside
from tests.faults.polling import until
from tests.faults.spool import MiB, Spool


@contextmanager
def locked(spool: Spool) -> Iterator[None]:
    """Another process's exclusive hold on the file: all that the system sees of one."""
    with closing(
        sqlite3.connect(spool.data / "spool.db", timeout=30, isolation_level=None)
    ) as other:
        other.execute("BEGIN EXCLUSIVE")
        yield
        other.execute("ROLLBACK")


@pytest.mark.parametrize("seconds", [1.0, 4.0])
def test_a_database_that_is_locked_for_a_while_is_waited_for(
    spool: Spool, sent_media: Path, seconds: float
) -> None:
    spool.start()
    with locked(spool), _released_after(seconds) as release:
        answers: list[str] = []
        sender = threading.Thread(
            target=lambda: answers.append(spool.post(sent_media / "short.wav"))
        )
        sender.start()
        release.wait()
    sender.join(60)
    [job_id] = answers
    assert spool.ended(job_id)["status"] == "Completed"


def test_a_database_that_stays_locked_is_told_and_recovers(
    spool: Spool, ledger: Ledger, world: Outside, golden: dict[str, str], sent_media: Path
) -> None:
    spool.start()
    order = ledger.open(Order(name="before", medium="cities.flac", source="raw"))
    order.job_id = spool.post(sent_media / "cities.flac", title="before", prompt="slow=0.3")
    with locked(spool):
        body = (sent_media / "short.wav").read_bytes()
        refused = spool.http.post("/api/v1/ingest?filename=a.wav&title=refused", content=body)
        assert refused.status_code == 503, refused.text
        assert int(refused.headers["retry-after"]) > 0
        assert spool.http.get(f"/api/v1/jobs/{order.job_id}").status_code == 200
    after = ledger.open(Order(name="after", medium="short.wav", source="raw"))
    after.job_id = spool.post(sent_media / "short.wav", title="after")
    assert check(spool, ledger, world, golden).violations == []


@pytest.mark.parametrize("damage", ["header", "pages"])
def test_a_damaged_database_stops_the_start_and_is_kept_as_it_is(
    spool: Spool, sent_media: Path, damage: str
) -> None:
    spool.start()
    spool.ended(spool.post(sent_media / "short.wav"))
    assert spool.stop() == 0
    file = spool.data / "spool.db"
    content = bytearray(file.read_bytes())
    content[slice(0, 100) if damage == "header" else slice(4096, -4096)] = b"\xa5" * (
        100 if damage == "header" else len(content) - 8192
    )
    file.write_bytes(content)
    spool.launch()
    assert spool.await_death(60) == 1
    assert "damaged" in spool.log()
    assert file.read_bytes() == content


@pytest.mark.parametrize("loss", ["log", "backup"])
def test_files_that_are_newer_than_their_database_are_set_aside(
    spool: Spool, sent_media: Path, loss: str
) -> None:
    spool.start()
    old = spool.post(sent_media / "short.wav")
    spool.ended(old)
    assert spool.stop() == 0
    shutil.copy(spool.data / "spool.db", spool.folder / "backup.db")
    spool.start()
    new = spool.post(sent_media / "short.wav")
    spool.ended(new)
    spool.kill()
    if loss == "backup":
        shutil.copy(spool.folder / "backup.db", spool.data / "spool.db")
    for name in ("spool.db-wal", "spool.db-shm"):
        (spool.data / name).unlink(missing_ok=True)
    spool.start()
    assert spool.job(old)["status"] == "Completed"
    assert spool.http.get(f"/api/v1/jobs/{new}").status_code == 404
    kept = {file.name for file in (spool.data / "quarantine").rglob("*") if file.is_file()}
    assert {f"{new}.wav", f"{new}.json"} <= kept
    assert "older than the files" in spool.log()


@pytest.mark.parametrize("loss", ["removed", "emptied manifests"])
def test_an_index_that_is_lost_is_rebuilt_from_the_database(
    spool: Spool,
    ledger: Ledger,
    world: Outside,
    golden: dict[str, str],
    sent_media: Path,
    loss: str,
) -> None:
    spool.start()
    for number in range(3):
        order = ledger.open(Order(name=f"job {number}", medium="jfk.flac", source="raw"))
        order.job_id = spool.post(sent_media / "jfk.flac", title=order.name)
        spool.ended(order.job_id)
    spool.kill()
    _harm(spool.data / "index", loss)
    spool.start()
    found = check(spool, ledger, world, golden)
    assert found.violations == []
    assert found.jobs == 3


def test_a_long_reader_does_not_make_the_log_grow_for_ever(
    spool: Spool, ledger: Ledger, world: Outside, golden: dict[str, str]
) -> None:
    spool.start()
    log = spool.data / "spool.db-wal"
    with closing(sqlite3.connect(spool.data / "spool.db", isolation_level=None)) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM jobs").fetchall()
        with Load(spool, ledger, world, seed=6):
            until(lambda: len(ledger.acknowledged()) > 15, 60, "some jobs")
        assert log.stat().st_size < 64 * MiB
        reader.execute("ROLLBACK")
    settle(spool, ledger, Findings())
    assert check(spool, ledger, world, golden).violations == []
    assert not log.exists() or log.stat().st_size == 0, "checkpointed at the end"


def _harm(index: Path, loss: str) -> None:
    if loss == "removed":
        shutil.rmtree(index)
        return
    manifests = list(index.rglob("*.manifest"))
    assert manifests, "nothing to harm"
    for file in manifests:
        file.write_bytes(b"")


@contextmanager
def _released_after(seconds: float) -> Iterator[threading.Event]:
    event = threading.Event()
    timer = threading.Timer(seconds, event.set)
    timer.start()
    try:
        yield event
    finally:
        timer.cancel()
