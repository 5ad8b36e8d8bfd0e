"""Those who watch the service under fire do see what it must not do."""

import os
import shutil
import socket
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from scripts import fuzz_media, fuzz_settle
from scripts.fuzz_calls import Trap, outgoing
from scripts.fuzz_canary import TOKEN, holders, planted
from scripts.fuzz_drive import Kind, drive, is_planned
from scripts.fuzz_media import INGEST, Case, ended
from scripts.fuzz_raw import wrong
from scripts.fuzz_report import Failure, Tally, table
from scripts.fuzz_requests import plain
from scripts.fuzz_yard import Lab, Yard
from tests.faults import spy
from tests.faults.ledger import Order
from tests.faults.polling import until
from tests.media import OWN, run_ffmpeg


def test_what_is_decoded_of_the_canary_holds_its_token(tmp_path: Path) -> None:
    sound = planted(tmp_path / "secret.wav")
    target = tmp_path / "pcm" / "a job"
    target.parent.mkdir()
    run_ffmpeg(["-i", sound, "-f", "s16le", "-ar", "16000", target])
    (target.parent / "empty").touch()
    assert list(holders(target.parent)) == [target]


def test_whoever_knocks_is_heard_once() -> None:
    trap = Trap()
    try:
        assert trap.knocks() == []
        socket.create_connection(("127.0.0.1", trap.port)).close()
        assert len(trap.knocks()) == 1
        assert trap.knocks() == []
    finally:
        trap.close()


def test_a_connection_to_others_is_seen_and_one_that_came_in_is_not() -> None:
    with (
        socket.create_server(("127.0.0.1", 0)) as door,
        socket.create_connection(door.getsockname()) as line,
        door.accept()[0],
    ):
        port = door.getsockname()[1]
        assert f"127.0.0.1 port {port}" in set(outgoing(os.getpid(), port))
        came_in = f"127.0.0.1 port {line.getsockname()[1]}"
        assert came_in not in set(outgoing(os.getpid(), port))


@pytest.mark.parametrize(("status", "planned"), [(422, True), (503, True), (507, True)])
def test_refusals_are_planned(status: int, planned: bool) -> None:
    assert is_planned(status) is planned
    assert not is_planned(500) and not is_planned(502)


def test_each_door_has_its_plain_request() -> None:
    sent = {bytes(asked).partition(b"\r\n")[0] for asked in plain("localhost")}
    assert {b"GET /health HTTP/1.1", b"POST /api/v1/ingest HTTP/1.1"} <= sent
    assert len(sent) > 50


def _treason(yard: Yard, numbers: Sequence[int], tally: Tally) -> Iterator[Failure]:
    """All that must never happen, at once."""
    (yard.spool.data / "results").mkdir(exist_ok=True)
    shutil.copy(yard.secret, yard.spool.data / "results" / "stolen")
    socket.create_connection(("127.0.0.1", yard.trap.port)).close()
    yield Failure(where=str(numbers[0]), why="500: a fault", sent=b"what was sent")


def test_whatever_is_opened_called_or_kept_is_told(lab: Lab) -> None:
    kind = Kind(name="treason", about="", usual=1, attempt=_treason)
    tally = drive(lab, kind, range(7, 8))
    told = "\n".join(tally.violations)
    for what in ("somebody opened", "knocked", "500: a fault", "token is in stolen"):
        assert what in told, told
    assert "a file without a job: results/stolen" in told
    assert f"scripts/fuzz --seed {lab.seed} --only treason:7" in told
    assert (lab.results / f"treason-{lab.seed}-7.bin").read_bytes() == b"what was sent"
    assert (lab.results / "treason.log").is_file()
    assert TOKEN not in (lab.results / "treason.log").read_bytes()
    assert f"{len(tally.violations)} VIOLATIONS" in table([tally])


def _ordered(yard: Yard, number: int, file: Path, **options: str) -> Case:
    """A medium that is sent as any other is."""
    shutil.copy(file, yard.world.folder)
    order = Order(name=f"case {number}", medium=file.name, source="raw")
    order.job_id = yard.spool.post(file, title=order.name, **options)
    return Case(number=number, order=yard.ledger.open(order))


def _misled(yard: Yard, numbers: Sequence[int], tally: Tally) -> Iterator[Failure]:
    """The service itself is made to do what it must not."""
    stolen = yard.inside / "stolen.flac"
    run_ffmpeg(["-i", planted(yard.spool.folder / "alike.wav"), stolen])
    yield from ended(yard, [_ordered(yard, numbers[0], stolen)], tally)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(fuzz_media, "LONGEST_JOB", 0.5)
        slow = _ordered(yard, numbers[1], OWN / "jfk.flac", prompt="slow=2")
        yield from ended(yard, [slow], tally)
    sent = yard.spool.http.post(INGEST, json={"url": yard.trap.url})
    assert sent.status_code == 202, sent.text
    until(lambda: spy.dialled(yard.spool.notes), 30.0, "a call")
    yard.spool.http.post(f"/api/v1/jobs/{sent.json()['job_id']}/cancel")


def test_what_the_service_is_made_to_do_is_told(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fuzz_settle, "LONGEST_JOB", 0.0)
    inside = {"APP__INGESTION__ALLOWED_NETWORKS": '["127.0.0.0/8"]'}
    kind = Kind(name="misled", about="", usual=2, attempt=_misled, settings=inside)
    told = "\n".join(drive(lab, kind, range(3, 5)).violations)
    for what in (
        "misled:3: the canary's sound was decoded",
        "misled:4: after 0.5 s still not: an end of",
        "misled:3-4: it called 127.0.0.1 port",
        "misled:3-4: 127.0.0.1:",  # knocked
        "an attempt took longer than 0 s",
    ):
        assert what in told, told


def test_an_answer_of_500_is_told_wherever_it_stands_and_a_refusal_is_not() -> None:
    fault = b"HTTP/1.1 200 OK\r\n\r\nHTTP/1.1 500 Internal Server Error\r\n\r\n"
    tally = Tally("raw", 1)
    assert [why[:3] for why in wrong(fault, tally)] == ["500"]
    assert list(wrong(b"HTTP/1.1 503 Service Unavailable\r\n\r\n", tally)) == []
    assert list(wrong(None, tally)) == ["neither answered nor closed within 60 s"]
    assert tally.tried == {"answered 2xx": 1, "answered 503": 1}
