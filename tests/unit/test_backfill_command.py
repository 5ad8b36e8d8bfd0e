"""`spool backfill`: the service answers from a script."""

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest
from pytest_httpserver import HTTPServer
from typer.testing import CliRunner, Result
from werkzeug import Request, Response

from app.cli import backfill as command
from app.cli.archive import asset_id
from app.cli.main import cli
from app.client import Refused, Unreachable
from app.domain.errors import InvalidRequest

VIDEO, NOTES, BROKEN = "talk.mp4", "notes.md", "broken.wav"


def run(server: HTTPServer, *arguments: object) -> Result:
    at = ("--server", server.url_for("").rstrip("/"))
    words = ["backfill", *map(str, arguments), *at]
    return CliRunner().invoke(cli, words, env={"COLUMNS": "200", "NO_COLOR": "1"})


class Service:
    """Keeps a job for each upload, and ends it when it is asked for once more."""

    def __init__(self, server: HTTPServer) -> None:
        self.jobs: dict[str, dict[str, Any]] = {}
        self.frames: list[list[dict[str, Any]]] = []
        self.builds = ["building", "ready"]
        self.refusals: list[Response] = []
        serve = server.expect_request
        serve("/api/v1/ingest", method="POST").respond_with_handler(self.ingest)
        serve("/api/v1/jobs", method="GET").respond_with_handler(self.list)
        serve("/build-index", method="POST").respond_with_handler(self.build)
        for number in range(9):
            serve(f"/api/v1/jobs/{number}").respond_with_handler(self.job)

    def ingest(self, request: Request) -> Response:
        if self.refusals:
            return self.refusals.pop(0)
        told = request.get_json() if request.is_json else dict(request.args)
        content = Path(told["path"]).read_bytes() if request.is_json else request.data
        job_id = str(len(self.jobs))
        self.jobs[job_id] = {
            "job_id": job_id,
            "status": "Pending",
            "asset_id": told["asset_id"],
            "sha256": hashlib.sha256(content).hexdigest(),
            "told": told,
        }
        return answer(self.jobs[job_id], 202)

    def job(self, request: Request) -> Response:
        job = self.jobs[request.path.rpartition("/")[2]]
        if "wait" in request.args:
            job["status"] = "Completed"
        return answer(job)

    def list(self, request: Request) -> Response:
        if (digest := request.args.get("sha256")) is None:
            assert request.args["media_type"] == "keyframe"
            return answer({"jobs": self.frames.pop(0) if self.frames else [], "cursor": None})
        found = [job for job in self.jobs.values() if job["sha256"] == digest]
        return answer({"jobs": found, "cursor": None})

    def build(self, request: Request) -> Response:
        state = self.builds.pop(0)
        return answer({"state": state, "error": "no space" if state == "failed" else None})


def answer(document: dict[str, Any], status: int = 200) -> Response:
    return Response(json.dumps(document), status, content_type="application/json")


def refusal(status: int, code: str, **headers: str) -> Response:
    said = {"error": {"code": code, "message": f"refused: {code}", "hint": None}}
    told = answer(said, status)
    told.headers.update({name.replace("_", "-"): value for name, value in headers.items()})
    return told


@pytest.fixture
def service(httpserver: HTTPServer, monkeypatch: pytest.MonkeyPatch) -> Service:
    monkeypatch.setattr(command, "POLL", 0.0)
    return Service(httpserver)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    archive = tmp_path / "archive"
    (archive / "deep").mkdir(parents=True)
    (archive / VIDEO).write_bytes(b"pictures")
    (archive / "deep" / NOTES).write_bytes(b"words")
    (archive / "deep" / "copy.md").write_bytes(b"words")
    (archive / "program.py").write_bytes(b"no medium")
    return archive


def test_each_content_is_queued_once_and_then_the_index_is_built(
    httpserver: HTTPServer, service: Service, folder: Path
) -> None:
    done = run(httpserver, folder, "--labels", "old, talks", "--language", "en")
    assert done.exit_code == 0, done.output
    assert done.stdout == f"0 {folder}/{VIDEO}\n1 {folder}/deep/copy.md\n"
    assert "3 files: 2 queued, 0 known already, 1 with the bytes of another" in done.stderr
    told = service.jobs["0"]["told"]
    assert told == {
        "filename": VIDEO,
        "asset_id": asset_id(f"{folder}/{VIDEO}"),
        "language": "en",
        "labels": "old,talks",
        "priority": "batch",
    }
    assert service.builds == []


def test_run_again_it_queues_nothing_and_waits_for_what_is_under_way(
    httpserver: HTTPServer, service: Service, folder: Path
) -> None:
    run(httpserver, folder, "--no-wait")
    assert [job["status"] for job in service.jobs.values()] == ["Pending", "Pending"]
    done = run(httpserver, folder)
    assert (done.exit_code, done.stdout) == (0, "")
    assert "3 files: 0 queued, 2 known already" in done.stderr
    assert [job["status"] for job in service.jobs.values()] == ["Completed", "Completed"]
    assert len(service.jobs) == 2 and service.builds == []


def test_without_waiting_no_index_is_built(
    httpserver: HTTPServer, service: Service, folder: Path
) -> None:
    assert run(httpserver, folder, "--no-wait").exit_code == 0
    assert service.builds == ["building", "ready"]


def test_a_dry_run_tells_and_sends_nothing(
    httpserver: HTTPServer, service: Service, folder: Path
) -> None:
    done = run(httpserver, folder, "--dry-run")
    assert done.stdout == f"{folder}/{VIDEO}\n{folder}/deep/copy.md\n"
    assert service.jobs == {} and len(service.builds) == 2


def test_what_failed_before_is_told_and_queued_only_when_asked_for(
    httpserver: HTTPServer, service: Service, folder: Path
) -> None:
    run(httpserver, folder)
    service.jobs["0"]["status"] = "Failed"
    service.builds = ["ready"]
    done = run(httpserver, folder)
    assert (done.exit_code, done.stdout) == (0, "")
    assert f"{VIDEO}: failed before, as 0; --again queues it" in done.stderr
    service.builds = ["ready"]
    assert run(httpserver, folder, "--again").stdout == f"2 {folder}/{VIDEO}\n"


def test_in_place_the_service_is_told_the_path(
    httpserver: HTTPServer, service: Service, folder: Path
) -> None:
    assert run(httpserver, folder, "--in-place").exit_code == 0
    told = service.jobs["0"]["told"]
    assert (told["path"], told["dedupe"]) == (f"{folder}/{VIDEO}", True)


def test_it_waits_for_the_key_frames_of_its_videos(
    httpserver: HTTPServer, service: Service, folder: Path
) -> None:
    frame = {"job_id": "f", "options": {"parent_id": asset_id(f"{folder}/{VIDEO}")}}
    other = {"job_id": "g", "options": {"parent_id": "another"}}
    service.frames = [[other, frame], [other], [frame], [], [other]]
    assert run(httpserver, folder).exit_code == 0
    assert service.frames == []


@pytest.mark.parametrize(
    ("status", "code"), [(413, "upload.too_large"), (422, "media.empty"), (404, "source.not_found")]
)
def test_a_file_that_is_refused_keeps_no_other(
    httpserver: HTTPServer, service: Service, folder: Path, status: int, code: str
) -> None:
    service.refusals = [refusal(status, code)]
    done = run(httpserver, folder)
    assert (done.exit_code, done.stdout) == (1, f"0 {folder}/deep/copy.md\n")
    assert f"{folder}/{VIDEO}: refused: {code}" in done.stderr


@pytest.mark.parametrize(
    ("status", "code", "passes"),
    [
        (507, "storage.full", True),
        (503, "service.unavailable", True),
        (422, "request.invalid", False),
        (401, "key.missing", False),
    ],
)
def test_a_refusal_that_every_file_would_get_ends_it(
    httpserver: HTTPServer, service: Service, folder: Path, status: int, code: str, passes: bool
) -> None:
    service.refusals = [refusal(status, code)]
    done = run(httpserver, folder)
    assert isinstance(done.exception, Refused) and done.exception.code == code
    assert ("run it again" in str(done.exception.hint)) is passes
    assert service.jobs == {}


def test_it_slows_down_when_it_is_asked_to(
    httpserver: HTTPServer, service: Service, folder: Path
) -> None:
    service.refusals = [refusal(429, "rate.limited", retry_after="0")] * 2
    assert run(httpserver, folder).stdout.count("\n") == 2


def test_a_job_that_fails_is_told(httpserver: HTTPServer, service: Service, folder: Path) -> None:
    run(httpserver, folder, "--no-wait")
    service.jobs["0"] |= {"title": VIDEO, "error": {"code": "x", "message": "no decoder"}}
    done = run(httpserver, folder)
    assert done.exit_code == 1 and f"{VIDEO}: no decoder" in done.stderr


def test_an_index_that_cannot_be_built_is_told(
    httpserver: HTTPServer, service: Service, folder: Path
) -> None:
    service.builds = ["failed"]
    done = run(httpserver, folder)
    assert done.exit_code == 1 and "could not be built: no space" in done.stderr


def test_a_folder_that_is_none_is_refused(httpserver: HTTPServer, folder: Path) -> None:
    done = run(httpserver, folder / VIDEO)
    assert isinstance(done.exception, InvalidRequest)
    assert httpserver.log == []


def test_without_a_service_it_says_how_to_go_on(folder: Path) -> None:
    at = ("--server", "http://127.0.0.1:9")
    done = CliRunner().invoke(cli, ["backfill", str(folder), *at])
    assert isinstance(done.exception, Unreachable)
    assert "run it again" in str(done.exception.hint)
