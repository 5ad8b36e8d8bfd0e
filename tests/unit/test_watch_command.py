"""`spool watch`: the service answers from a script, and looks are taken one by one."""

import hashlib
import os
from pathlib import Path
from typing import Any

import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from app.cli.archive import asset_id
from app.cli.watch import Watching
from app.client import Refused, Unreachable
from app.client import Spool as Client
from tests.unit.typed import Spool, answer, refusal


class Service:
    """Knows jobs by the bytes they are on."""

    def __init__(self, server: HTTPServer) -> None:
        self.address = server.url_for("").rstrip("/")
        self.jobs: list[dict[str, Any]] = []
        self.refusals: list[Response] = []
        serve = server.expect_request
        serve("/api/v1/ingest", method="POST").respond_with_handler(self.ingest)
        serve("/api/v1/jobs", method="GET").respond_with_handler(self.list)
        for number in range(9):
            serve(f"/api/v1/jobs/{number}").respond_with_handler(self.job)

    @property
    def names(self) -> list[str]:
        return [job["told"]["filename"] for job in self.jobs]

    def ingest(self, request: Request) -> Response:
        if self.refusals:
            return self.refusals.pop(0)
        self.jobs.append(
            {
                "job_id": str(len(self.jobs)),
                "status": "Completed",
                "status_url": f"/status/{len(self.jobs)}",
                "asset_id": request.args["asset_id"],
                "sha256": hashlib.sha256(request.data).hexdigest(),
                "told": dict(request.args),
            }
        )
        return answer(self.jobs[-1], 202)

    def job(self, request: Request) -> Response:
        return answer(self.jobs[int(request.path.rpartition("/")[2])])

    def list(self, request: Request) -> Response:
        digest = request.args["sha256"]
        newest = {job["asset_id"]: job for job in self.jobs}
        found = [job for job in newest.values() if job["sha256"] == digest]
        return answer({"jobs": found, "cursor": None})


@pytest.fixture
def service(httpserver: HTTPServer) -> Service:
    return Service(httpserver)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    watched = tmp_path / "watched"
    watched.mkdir()
    return watched


def begun(service: Service | str, folder: Path, *, as_json: bool = False) -> Watching:
    address = service if isinstance(service, str) else service.address
    return Watching(Client(address), folder, {}, in_place=False, as_json=as_json)


def test_a_file_is_taken_when_it_is_the_same_at_two_looks(service: Service, folder: Path) -> None:
    watching = begun(service, folder)
    (folder / "a.md").write_text("one")
    watching.look()
    assert service.names == []
    (folder / "a.md").write_text("one and more")
    watching.look()
    assert service.names == [], "it grew meanwhile"
    watching.look()
    watching.look()
    assert service.names == ["a.md"], "once"


def test_what_comes_later_is_taken_too_and_what_is_no_medium_is_not(
    service: Service, folder: Path
) -> None:
    watching = begun(service, folder)
    watching.look()
    (folder / "deep").mkdir()
    for name in ("deep/b.md", ".hidden.md", "c.json"):
        (folder / name).write_text(name)
    watching.look()
    watching.look()
    assert service.names == ["b.md"]


def test_begun_again_it_takes_nothing_twice(service: Service, folder: Path) -> None:
    (folder / "a.md").write_text("one")
    for _ in range(2):
        watching = begun(service, folder)
        watching.look()
        watching.look()
    assert service.names == ["a.md"]


def test_a_file_that_changes_replaces_what_it_was_also_back_again(
    service: Service, folder: Path
) -> None:
    watching, file = begun(service, folder), folder / "a.md"
    for text in ("one", "other", "one"):
        file.write_text(text)
        watching.look()
        watching.look()
    assert service.names == ["a.md"] * 3
    assert {job["asset_id"] for job in service.jobs} == {asset_id(str(file))}


def test_a_file_that_is_refused_is_told_once_and_keeps_no_other(
    service: Service, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("a.md", "b.md"):
        (folder / name).write_text(name)
    service.refusals = [refusal(413, "upload.too_large")]
    watching = begun(service, folder)
    for _ in range(3):
        watching.look()
    told = capsys.readouterr()
    assert (service.names, watching.well) == (["b.md"], False)
    assert told.err == f"spool: {folder}/a.md: refused: upload.too_large\n"
    assert told.out == f"0\t{folder}/b.md\n"


def test_what_any_file_would_be_refused_for_ends_it(service: Service, folder: Path) -> None:
    (folder / "a.md").write_text("one")
    service.refusals = [refusal(401, "key.missing")]
    watching = begun(service, folder)
    watching.look()
    with pytest.raises(Refused, match=r"key\.missing"):
        watching.look()


def test_a_service_that_is_full_for_a_while_gets_the_file_later(
    service: Service, folder: Path
) -> None:
    (folder / "a.md").write_text("one")
    service.refusals = [refusal(507, "storage.full")]
    watching = begun(service, folder)
    watching.look()
    with pytest.raises(Refused):
        watching.look()
    watching.look()
    assert service.names == ["a.md"]


@pytest.fixture
def reads(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Names of files, each time that one is read for its digest."""
    found: list[str] = []
    digest = hashlib.file_digest

    def noted(file: Any, name: str) -> Any:
        found.append(Path(file.name).name)
        return digest(file, name)

    monkeypatch.setattr(hashlib, "file_digest", noted)
    return found


def test_a_file_is_read_once_however_often_the_service_refuses(
    service: Service, folder: Path, reads: list[str]
) -> None:
    """A bug once: an hour of a full disk, and a long film was read every two seconds."""
    (folder / "a.md").write_text("one")
    (folder / "b.md").write_text("other")
    service.refusals = [refusal(507, "storage.full") for _ in range(3)]
    watching = begun(service, folder)
    watching.look()
    for _ in range(3):
        with pytest.raises(Refused):
            watching.look()
    watching.look()
    watching.look()
    assert service.names == ["a.md", "b.md"]
    assert reads == ["a.md", "b.md"]


def test_a_file_that_changes_while_the_service_refuses_is_read_again(
    service: Service, folder: Path, reads: list[str]
) -> None:
    (folder / "a.md").write_text("one")
    service.refusals = [refusal(507, "storage.full")]
    watching = begun(service, folder)
    watching.look()
    with pytest.raises(Refused):
        watching.look()
    (folder / "a.md").write_text("one and more")
    watching.look()
    watching.look()
    assert service.jobs[0]["sha256"] == hashlib.sha256(b"one and more").hexdigest()
    assert reads == ["a.md"] * 2


def test_a_file_that_was_deleted_is_forgotten(service: Service, folder: Path) -> None:
    file = folder / "a.md"
    file.write_text("one")
    (folder / "stays.md").write_text("two")
    was = file.stat()
    watching = begun(service, folder)
    watching.look()
    watching.look()
    file.unlink()
    service.jobs.clear()
    watching.look()
    file.write_text("one")
    os.utime(file, ns=(was.st_atime_ns, was.st_mtime_ns))
    watching.look()
    watching.look()
    assert service.names == ["a.md"], "it came back as it was, and nobody had it any more"


def test_a_folder_that_is_away_for_a_look_is_not_read_again(
    service: Service, folder: Path, reads: list[str]
) -> None:
    """As a folder on another machine is when that machine begins anew."""
    (folder / "a.md").write_text("one")
    watching = begun(service, folder)
    watching.look()
    watching.look()
    away = folder.rename(folder.with_name("away"))
    watching.look()
    away.rename(folder)
    watching.look()
    watching.look()
    assert reads == ["a.md"]
    assert service.names == ["a.md"]


def test_what_failed_before_is_told_also_when_the_look_is_cut_short(
    service: Service, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A bug once: it was noted as dealt with, and never told."""
    (folder / "a.md").write_text("one")
    before = begun(service, folder)
    before.look()
    before.look()
    service.jobs[0]["status"] = "Failed"
    (folder / "b.md").write_text("other")
    service.refusals = [refusal(507, "storage.full")]
    watching = begun(service, folder)
    watching.look()
    capsys.readouterr()
    with pytest.raises(Refused):
        watching.look()
    assert capsys.readouterr().err == f"spool: {folder}/a.md: failed before, as 0\n"


class Enough(Exception):
    """The test has seen what it wanted."""


def test_it_stays_through_an_absence_of_the_service_and_says_so_once(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    looks = iter([Unreachable("away"), Unreachable("away"), None, Unreachable("away"), Enough()])
    watching = begun("http://127.0.0.1:9", folder)

    def look() -> None:
        if (trouble := next(looks)) is not None:
            raise trouble

    monkeypatch.setattr(watching, "look", look)
    with pytest.raises(Enough):
        watching.stay(0.0)
    assert capsys.readouterr().err == "spool: away\n" * 2, "and again after it was there"


def test_once_takes_what_is_there_and_ends(spool: Spool, service: Service, folder: Path) -> None:
    (folder / "a.md").write_text("one")
    done = spool("watch", folder, "--once", "--every", "0.1", "--json", "--labels", "x,y")
    summary = "1 files: 1 queued, 0 known already, 0 with the bytes of another, 0 failed before\n"
    assert (done.status, done.err) == (0, summary)
    [line] = done.lines()
    assert (line["job_id"], line["source"]) == ("0", f"{folder}/a.md")
    assert line["status_url"] == f"{service.address}/status/0", "as ingest --json has it"
    assert service.jobs[0]["told"]["labels"] == "x,y"


def test_once_tells_in_a_line_what_it_left_alone(
    spool: Spool, service: Service, folder: Path
) -> None:
    for name, text in (("a.md", "one"), ("b.md", "two"), ("c.md", "one")):
        (folder / name).write_text(text)
    first = spool("watch", folder, "--once", "--every", "0.1")
    assert first.out == f"0\t{folder}/a.md\n1\t{folder}/b.md\n"
    said = "2 queued, 0 known already, 1 with the bytes of another, 0 failed before"
    assert first.err == f"3 files: {said}\n"
    again = spool("watch", folder, "--once", "--every", "0.1")
    said = "0 queued, 2 known already, 1 with the bytes of another, 0 failed before"
    assert (again.out, again.err) == ("", f"3 files: {said}\n")


def test_once_without_a_service_ends_with_3(spool: Spool, folder: Path, unused_port: int) -> None:
    (folder / "a.md").write_text("one")
    at = f"http://127.0.0.1:{unused_port}"
    assert spool("watch", folder, "--once", "--every", "0.1", "--server", at).status == 3
