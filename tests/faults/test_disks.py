"""A small disk runs full under the service, or may only be read; all goes on by itself when there
is space again, or it may be written to."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.faults.filling import fill
from tests.faults.invariants import check
from tests.faults.ledger import Ledger, Order
from tests.faults.outside import Outside
from tests.faults.polling import until
from tests.faults.spool import Spool
from tests.smalldisk import KiB, MiB, SmallDisk, mounted_or_skipped

SIZE = 64 * MiB
BACK_WITHIN = 60.0  # seconds
#: With these the service holds itself back; without them it really runs into the wall.
CAREFUL = {
    "APP__STORAGE__LOW_WATER": str(8 * MiB),
    "APP__STORAGE__HIGH_WATER": str(16 * MiB),
    "APP__STORAGE__BALLAST": str(4 * MiB),
}
BOLD = {
    "APP__STORAGE__BALLAST": str(4 * MiB),
    "APP__STORAGE__LOW_WATER": str(64 * KiB),
    "APP__STORAGE__HIGH_WATER": str(MiB),
}


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[SmallDisk]:
    with mounted_or_skipped(tmp_path / "disk", SIZE) as disk:
        yield disk


def test_a_nearly_full_disk_refuses_work_and_takes_it_again_by_itself(
    make_spool: Callable[..., Spool],
    small_disk: SmallDisk,
    ledger: Ledger,
    world: Outside,
    golden: dict[str, str],
    sent_media: Path,
) -> None:
    spool = make_spool(data=small_disk.path / "data", **CAREFUL)
    spool.start()
    orders = [_sent(spool, ledger, sent_media, "slow=0.2") for _ in range(3)]
    fill(small_disk, 6 * MiB)
    refused = spool.http.post("/api/v1/ingest?filename=a.wav", content=b"x" * MiB)
    assert refused.status_code in (503, 507), refused.text
    assert int(refused.headers["retry-after"]) > 0
    assert refused.json()["error"]["code"] == "storage.full"
    assert spool.http.get("/api/v1/jobs").status_code == 200, "reading goes on"
    assert spool.health()["disk"] != "ok"
    small_disk.empty()
    until(lambda: spool.health()["disk"] == "ok", BACK_WITHIN, "work goes on")
    orders.append(_sent(spool, ledger, sent_media))
    found = check(spool, ledger, world, golden)
    assert found.violations == []
    assert found.jobs == len(orders)


@pytest.mark.timeout(120)
@pytest.mark.parametrize("leave", [0, 96 * KiB])
def test_jobs_that_meet_a_full_disk_are_done_when_there_is_space_again(
    make_spool: Callable[..., Spool],
    small_disk: SmallDisk,
    ledger: Ledger,
    world: Outside,
    golden: dict[str, str],
    sent_media: Path,
    leave: int,
) -> None:
    """Filled in the middle of work: sound, windows, results and the index have no room."""
    spool = make_spool(data=small_disk.path / "data", **BOLD)
    spool.start()
    until(spool.is_ready, 60, "ready")
    for _ in range(5):
        _sent(spool, ledger, sent_media, "slow=0.1", medium="cities.flac")
    until(lambda: _transcribing(spool), 60, "work under way")
    until(lambda: _met(spool, small_disk, leave), 60, "it is noticed")
    assert not spool.is_dead()
    assert spool.http.get("/api/v1/jobs").status_code == 200
    small_disk.empty()
    found = check(spool, ledger, world, golden)
    assert found.violations == []


def test_a_death_on_a_full_disk_is_survived_too(
    make_spool: Callable[..., Spool],
    small_disk: SmallDisk,
    ledger: Ledger,
    world: Outside,
    golden: dict[str, str],
    sent_media: Path,
) -> None:
    spool = make_spool(data=small_disk.path / "data", **BOLD)
    spool.start()
    _sent(spool, ledger, sent_media, "slow=0.2", medium="cities.flac")
    until(lambda: _transcribing(spool), 60, "work under way")
    fill(small_disk)
    spool.kill()
    spool.start()
    assert spool.http.get("/api/v1/jobs").status_code == 200
    small_disk.empty()
    assert check(spool, ledger, world, golden).violations == []


@pytest.mark.timeout(180)
@pytest.mark.parametrize("folder", ["results", "pcm", "audio_jobs"])
def test_while_the_disk_is_read_only_work_is_refused_and_jobs_wait_at_no_cost(
    make_spool: Callable[..., Spool],
    ledger: Ledger,
    world: Outside,
    golden: dict[str, str],
    sent_media: Path,
    folder: str,
) -> None:
    """A system does that to a disk that fails, and people to one that they copy. Files that are
    open for writing keep it from them: so it is a disk under one of the folders."""
    spool = make_spool()
    with mounted_or_skipped(spool.data / folder, SIZE) as disk:
        spool.start()
        until(spool.is_ready, 60, "ready")
        orders = [_sent(spool, ledger, sent_media, "slow=0.1", medium="jfk.flac") for _ in range(4)]
        until(disk.becomes_read_only, 60, "a disk that may only be read")
        refused = spool.http.post("/api/v1/ingest?filename=a.wav", content=b"x" * MiB)
        assert refused.status_code == 503, refused.text
        told = refused.json()["error"]
        assert told["code"] == "storage.denied" and "read-only" in told["message"]
        assert "writable" in told["hint"] and int(refused.headers["retry-after"]) > 0
        assert spool.http.get("/api/v1/jobs").status_code == 200, "reading goes on"
        assert spool.health()["disk"].startswith("denied: ")
        until(lambda: _stand_still(spool), 60, "no job goes on")
        assert spool.health()["dead_letters"] == 0
        disk.becomes_writable()
        until(lambda: spool.health()["disk"] == "ok", BACK_WITHIN, "work goes on")
        orders.append(_sent(spool, ledger, sent_media))
        spool.drain()
        for order in orders:
            job = spool.job(str(order.job_id))
            assert (job["status"], job["attempts"]) == ("Completed", 1), job
        found = check(spool, ledger, world, golden)
    assert found.violations == []


def _stand_still(spool: Spool) -> bool:
    """What runs has met the disk, and nothing is begun."""
    return bool(spool.health()["jobs"]["running"] == 0)


def _met(spool: Spool, disk: SmallDisk, leave: int) -> bool:
    """Also when jobs that came to their end have just made space."""
    if disk.free() > leave:
        fill(disk, leave)
    return bool(spool.health()["disk"] != "ok")


def _transcribing(spool: Spool) -> bool:
    jobs = spool.http.get("/api/v1/jobs").json()["jobs"]
    return any(job["status"] == "Transcribing" and job["progress"] > 0.1 for job in jobs)


def _sent(
    spool: Spool, ledger: Ledger, media: Path, prompt: str = "none", *, medium: str = "short.wav"
) -> Order:
    name = f"job {len(ledger.orders)}"
    order = ledger.open(Order(name=name, medium=medium, source="raw"))
    order.job_id = spool.post(media / medium, title=name, prompt=prompt)
    return order
