"""What a start finds: other services, deaths in the middle of a start, migrations cut short."""

import signal
import socket
from collections.abc import Callable
from pathlib import Path

import imageio_ffmpeg
import pytest

from tests import media
from tests.faketime import shifted
from tests.faults import processes, stored
from tests.faults.engine import computed
from tests.faults.invariants import check
from tests.faults.ledger import Ledger, Order
from tests.faults.outside import Outside
from tests.faults.polling import until
from tests.faults.spool import Spool

JOBS = 40


def test_a_second_service_on_one_folder_refuses_and_harms_nothing(
    make_spool: Callable[..., Spool], sent_media: Path
) -> None:
    first = make_spool()
    first.start()
    job_id = first.post(sent_media / "cities.flac", prompt="slow=0.2")
    second = make_spool(data=first.data)
    second.launch()
    assert second.await_death(60) == 1
    assert "another Spool is running" in second.log()
    job = first.ended(job_id)
    assert (job["status"], job["attempts"]) == ("Completed", 1)


def test_a_migration_that_is_killed_half_way_is_finished_by_the_next_start(
    make_spool: Callable[..., Spool], sent_media: Path
) -> None:
    for line in ("-> 0001", "-> 0002", "-> 0003"):
        spool = make_spool()
        spool.launch()
        _await_line(spool, line)
        spool.kill()
        spool.start()
    assert spool.ended(spool.post(sent_media / "short.wav"))["status"] == "Completed"


def test_a_recovery_that_dies_twice_running_ends_the_same(
    spool: Spool, ledger: Ledger, world: Outside, golden: dict[str, str], sent_media: Path
) -> None:
    spool.start(crash_at="window.recorded:2")
    _send(spool, ledger, sent_media, 6)
    assert spool.await_death(60) == -signal.SIGKILL
    for point in ("recover.swept", "recover.queued", "recover.swept"):
        spool.start(crash_at=point)
        assert spool.await_death(60) == -signal.SIGKILL
    spool.start()
    assert check(spool, ledger, world, golden).violations == []


def test_many_pending_jobs_are_taken_up_again_in_their_order_each_once(
    spool: Spool, ledger: Ledger, world: Outside, golden: dict[str, str], sent_media: Path
) -> None:
    spool.settings |= {"APP__INGESTION__MAX_CONCURRENT_JOBS": "1", "SPOOL_FAULTS_BOUND": "600"}
    spool.start()
    holder = ledger.open(Order(name="holder", medium="short.wav", source="raw", cancel_asked=True))
    holder.job_id = spool.post(sent_media / "short.wav", title="holder", prompt="fault=hang")
    orders = _send(spool, ledger, sent_media, JOBS)
    spool.kill()
    spool.start()
    spool.http.post(f"/api/v1/jobs/{holder.job_id}/cancel").raise_for_status()
    found = check(spool, ledger, world, golden)
    assert found.violations == []
    begun = [line["job_id"] for line in computed(spool.notes) if line["number"] == 0]
    wanted = [order.job_id for order in orders]
    assert [job_id for job_id in begun if job_id != holder.job_id] == wanted, "in order, each once"


def test_a_job_that_takes_the_service_with_it_runs_alone_and_then_no_more(
    spool: Spool, ledger: Ledger, world: Outside, golden: dict[str, str], sent_media: Path
) -> None:
    """Nobody can tell which of the two it is: both were running at each death."""
    orders: list[Order] = []
    for crash_at in ("extract.done:2", "extract.done:2", "extract.done"):
        spool.launch(crash_at=crash_at)
        if not orders:
            until(spool.answers, 60, "up")
            orders = _send(spool, ledger, sent_media, 2)
        assert spool.await_death(60) == -signal.SIGKILL
    spool.start()
    spool.drain()
    letters = spool.http.get("/api/v1/dead-letters").json()["jobs"]
    assert len(letters) == 1, "the one that ran alone at the third death"
    assert letters[0]["error"]["code"] == "interrupted"
    assert len(letters[0]["history"]) == 3
    found = check(spool, ledger, world, golden)
    assert (found.violations, found.replayed) == ([], 1)


@pytest.mark.timeout(400)
def test_clocks_that_are_wrong_at_the_start_cost_nothing(
    spool: Spool, ledger: Ledger, world: Outside, golden: dict[str, str], sent_media: Path
) -> None:
    lives = [shifted(by) for by in ("+30d", "-2h")]
    hook = f"{world.url}/hook"
    spool.start(crash_at="window.recorded:2")
    _send(spool, ledger, sent_media, 4, webhook=hook)
    assert spool.await_death(60) == -signal.SIGKILL
    for life in lives:
        spool.start(**life)
        _send(spool, ledger, sent_media, 2, webhook=hook)
        until(lambda: spool.health()["jobs"]["completed"] > 0, 120, "a job done")
        assert spool.stop() == 0
    spool.start()
    _send(spool, ledger, sent_media, 2, webhook=hook)
    found = check(spool, ledger, world, golden)
    wrong = [each for each in found.violations if "computed again" not in each]
    assert wrong == [], "(which of two windows came first, no clock can tell here)"


def test_an_upload_that_dies_half_way_leaves_nothing(
    spool: Spool, ledger: Ledger, world: Outside, golden: dict[str, str], sent_media: Path
) -> None:
    spool.start()
    body = (sent_media / "cities.flac").read_bytes()
    with _half_sent(spool, body):
        until(lambda: list(spool.data.rglob("*.part")), 30, "a part of it on disk")
        spool.kill()
    spool.start()
    assert list(spool.data.rglob("*.part")) == []
    assert spool.http.get("/api/v1/jobs").json()["jobs"] == []
    _send(spool, ledger, sent_media, 1)
    assert check(spool, ledger, world, golden).violations == []


def test_a_death_while_ffmpeg_runs_leaves_no_ffmpeg_and_no_sound(
    spool: Spool, ledger: Ledger, world: Outside, sent_media: Path, golden: dict[str, str]
) -> None:
    long = media.make_video(spool.folder / "long.mp4", media.OWN / "jfk.flac")
    spool.start(IMAGEIO_FFMPEG_EXE=str(_unhurried_ffmpeg(spool.folder / "ffmpeg")))
    spool.post(long, title="long")
    order = ledger.open(Order(name="long", medium="long.mp4", source="raw", cancel_asked=True))
    order.job_id = spool.http.get("/api/v1/jobs").json()["jobs"][0]["job_id"]

    def ffmpeg_runs() -> bool:
        mine = processes.all_of(spool.run, spool.data)
        return any("ffmpeg" in processes.command(pid) for pid in mine)

    until(ffmpeg_runs, 60, "ffmpeg at work")
    spool.kill()
    spool.await_no_orphans()
    spool.start()
    assert spool.ended(order.job_id)["status"] == "Completed"
    spool.drain()  # a stop may meet its key-frames at work, whose parts the next start removes
    assert spool.stop() == 0
    with stored.database(spool.data) as database:
        assert stored.stray_files(database, spool.data) == []
        assert stored.computed_again(database, spool.notes) == []


def _unhurried_ffmpeg(script: Path) -> Path:
    """It reads a medium as fast as that plays, so that it is at work when somebody looks."""
    script.write_text(f'#!/bin/sh\nexec {imageio_ffmpeg.get_ffmpeg_exe()} -readrate 1 "$@"\n')
    script.chmod(0o755)
    return script


def _await_line(spool: Spool, line: str) -> None:
    until(lambda: line in spool.log() or spool.is_dead(), 60, line)


def _half_sent(spool: Spool, body: bytes) -> socket.socket:
    line = socket.create_connection(("127.0.0.1", spool.port), timeout=30)
    head = "POST /api/v1/ingest?filename=x.flac HTTP/1.1\r\nHost: localhost\r\n"
    length = f"Content-Length: {len(body)}\r\n\r\n"
    line.sendall(head.encode() + length.encode() + body[: len(body) // 2])
    return line


def _send(spool: Spool, ledger: Ledger, media: Path, number: int, webhook: str = "") -> list[Order]:
    orders = []
    for _ in range(number):
        name = f"job {len(ledger.orders)}"
        order = ledger.open(Order(name=name, medium="short.wav", source="raw"))
        order.webhook = bool(webhook)
        more = {"webhook_url": webhook} if webhook else {}
        order.job_id = spool.post(media / order.medium, title=name, **more)
        orders.append(order)
    return orders
