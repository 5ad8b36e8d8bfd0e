"""`spool ingest`: the service answers from a script."""

import json
import os
import threading
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import Any

import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from app.cli.awaiting import GLANCES, Awaiting
from app.cli.job_options import job_options
from app.cli.sending import Sending
from app.client import Job, Options
from app.client import Spool as Client
from app.client.body import Body
from tests.unit.typed import Spool, answer, refusal

MOST = 40  # jobs


class Service:
    """Names jobs by their files; one ends when it is looked at so often as `rounds` says."""

    def __init__(self, server: HTTPServer) -> None:
        self.address = server.url_for("").rstrip("/")
        self.rounds, self.failures, self.refusals = 2, set[str](), dict[str, Response]()
        self.looked: dict[str, int] = {}
        self.asked: list[dict[str, str]] = []
        self.requests = 0
        self._guard = threading.Lock()
        #: What answers: a test may put another in its place.
        self.at_ingest, self.at_job, self.seen = self.ingest, self.job, self.view
        serve = server.expect_request
        taken = serve("/api/v1/ingest", method="POST")
        taken.respond_with_handler(lambda request: self.at_ingest(request))
        serve("/api/v1/jobs", method="GET").respond_with_handler(self.list)
        for number in range(MOST):
            asked = serve(f"/api/v1/jobs/{number}.md")
            asked.respond_with_handler(lambda request: self.at_job(request))

    def ingest(self, request: Request) -> Response:
        told = request.get_json() if request.is_json else dict(request.args)
        name = told.get("filename") or told["url"].rpartition("/")[2]
        self.asked.append(told)
        if name in self.refusals:
            return self.refusals[name]
        with self._guard:
            self.looked[name] = 0
        return answer(self.seen(name), 202)

    def job(self, request: Request) -> Response:
        name = request.path.rpartition("/")[2]
        with self._guard:
            self.requests += 1
            if name not in self.looked:
                return refusal(404, "job.not_found")
            self.looked[name] += 1
        return answer(self.seen(name))

    def list(self, request: Request) -> Response:
        self.requests += 1
        assert request.args["status"] == "running"
        with self._guard:
            running = [name for name, count in self.looked.items() if 0 < count < self.rounds]
        return answer({"jobs": [self.view(name) for name in running], "cursor": None})

    def view(self, name: str) -> dict[str, Any]:
        count = self.looked[name]
        ended = "Failed" if name in self.failures else "Completed"
        error = {"code": "media.unreadable", "message": "no decoder", "hint": None}
        over = count >= self.rounds
        return {
            "job_id": name,
            "status": ended if over else "Transcribing" if count else "Pending",
            "title": f"title of {name}",
            "progress": min(1.0, count / self.rounds),
            "status_url": f"/api/v1/jobs/{name}",
            "result_url": f"/api/v1/jobs/{name}/result",
            "error": error if over and name in self.failures else None,
            "source": {"kind": "upload", "name": name},
        }


@pytest.fixture
def httpserver() -> Iterator[HTTPServer]:
    """One that answers several at a time."""
    with HTTPServer(threaded=True) as server:
        yield server


@pytest.fixture
def service(httpserver: HTTPServer) -> Service:
    return Service(httpserver)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def write(folder: Path, count: int) -> list[str]:
    names = [f"{number}.md" for number in range(count)]
    for name in names:
        (folder / name).write_text(f"# {name}")
    return names


def test_ids_are_all_that_is_printed_into_a_pipe(
    spool: Spool, service: Service, folder: Path
) -> None:
    names = write(folder, 3)
    done = spool("ingest", *names)
    assert (done.status, sorted(done.out.splitlines()), done.err) == (0, names, "")
    assert service.requests == 0, "nobody asked to wait"


def test_with_wait_it_stays_until_all_have_ended_and_is_quiet(
    spool: Spool, service: Service, folder: Path
) -> None:
    names = write(folder, 3)
    done = spool("ingest", "--wait", "*.md")
    assert (done.status, sorted(done.out.splitlines()), done.err) == (0, names, "")
    assert all(count >= service.rounds for count in service.looked.values())


def test_as_json_each_job_is_a_line_with_its_source_and_urls(
    spool: Spool, service: Service, folder: Path
) -> None:
    write(folder, 1)
    [line] = spool("ingest", "--json", "0.md").lines()
    assert (line["job_id"], line["source"], line["status"]) == ("0.md", "0.md", "Pending")
    assert line["status_url"] == f"{service.address}/api/v1/jobs/0.md"
    assert line["result_url"] == f"{service.address}/api/v1/jobs/0.md/result"


def test_as_json_with_wait_each_line_is_a_job_that_has_ended(
    spool: Spool, service: Service, folder: Path
) -> None:
    write(folder, 2)
    service.failures = {"1.md"}
    done = spool("ingest", "--json", "--wait", "*.md")
    lines = {line["source"]: line for line in done.lines()}
    assert done.status == 1
    assert lines["0.md"]["status"] == "Completed" and lines["0.md"]["progress"] == 1.0
    assert lines["1.md"]["error"]["message"] == "no decoder"
    assert "spool: title of 1.md: no decoder\n  spool jobs 1.md" in done.err


def test_standard_input_is_a_source(
    spool: Spool, service: Service, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(folder, 1)
    (folder / "-").write_text("a file of that name is another")
    with (folder / "0.md").open("rb") as given:
        monkeypatch.setattr("app.cli.sending.STDIN", given.fileno())
        [line] = spool("ingest", "--json", "-").lines()
    assert (line["job_id"], line["source"]) == ("stdin", "-")


def test_a_pipe_is_sent_to_its_end_and_never_a_second_time(
    spool: Spool, service: Service, folder: Path
) -> None:
    arrived: list[tuple[bytes, str | None]] = []

    def busy(request: Request) -> Response:
        arrived.append((request.get_data(), request.headers.get("Transfer-Encoding")))
        return refusal(429, "rate.limited")

    service.at_ingest = busy
    os.mkfifo(folder / "pipe")
    writing = threading.Thread(target=(folder / "pipe").write_bytes, args=(b"all of it",))
    writing.start()
    done = spool("ingest", "pipe")
    writing.join()
    assert done.status == 1 and "refused: rate.limited" in done.err
    assert arrived == [(b"all of it", "chunked")]


def test_a_file_that_grows_meanwhile_is_sent_as_it_was(service: Service, folder: Path) -> None:
    write(folder, 1)
    arrived: list[bytes] = []

    def taken(request: Request) -> Response:
        arrived.append(request.get_data())
        return service.ingest(request)

    def grow(sent: int, size: int) -> None:
        with (folder / "0.md").open("ab") as file:
            file.write(b"more")

    service.at_ingest = taken
    with Client(service.address) as client:
        client.upload(folder / "0.md", progress=grow)
    assert arrived == [b"# 0.md"]


def test_a_file_that_becomes_shorter_is_an_error_in_a_line(
    spool: Spool, service: Service, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(folder, 1)
    before = Body.chunks

    def cut(body: Body) -> Generator[bytes, None, None]:
        (folder / "0.md").write_bytes(b"#")
        return before(body)

    monkeypatch.setattr(Body, "chunks", cut)
    done = spool("ingest", "0.md")
    assert (done.status, done.out) == (1, "")
    assert done.err == "spool: 0.md: became shorter while it was sent: 1 of 6 bytes\n"


def test_a_source_that_is_refused_or_missing_keeps_no_other(
    spool: Spool, service: Service, folder: Path
) -> None:
    write(folder, 3)
    service.refusals = {"1.md": refusal(413, "upload.too_large", "cut it")}
    done = spool("ingest", "--json", "--wait", "nothing.md", *[f"{n}.md" for n in range(3)])
    lines = {line["source"]: line for line in done.lines()}
    assert done.status == 1 and sorted(lines) == ["0.md", "1.md", "2.md", "nothing.md"]
    assert lines["1.md"]["error"]["code"] == "upload.too_large"
    assert "No such file" in lines["nothing.md"]["error"]["message"]
    assert lines["2.md"]["status"] == "Completed"
    assert "spool: 1.md: refused: upload.too_large\n  cut it" in done.err


def test_options_of_the_job_are_sent(spool: Spool, service: Service) -> None:
    done = spool(
        *("ingest", "https://example.org/0.md", "--language", "de", "--labels", "a, b"),
        *("--words", "--priority", "batch", "--task", "translate", "--title", "T"),
        "--no-keyframes",
    )
    assert done.status == 0
    assert service.asked == [
        {
            "url": "https://example.org/0.md",
            "language": "de",
            "labels": ["a", "b"],
            "word_timestamps": True,
            "priority": "batch",
            "task": "translate",
            "title": "T",
            "keyframes": False,
        }
    ]


def test_every_option_of_a_job_can_be_given() -> None:
    """A bug once: key-frames could not be left out."""
    assert job_options({}).keys() == Options.__annotations__.keys()


def test_one_name_for_several_media_is_wrong_usage(
    spool: Spool, service: Service, folder: Path
) -> None:
    write(folder, 2)
    done = spool("ingest", "--asset-id", "mine", "*.md")
    assert done.status == 2 and "each needs its own" in done.err and service.asked == []


def test_a_service_that_is_away_ends_it_with_3(
    spool: Spool, folder: Path, unused_port: int
) -> None:
    write(folder, 2)
    done = spool("ingest", "*.md", "--server", f"http://127.0.0.1:{unused_port}")
    assert done.status == 3 and done.err.count("no answer") == 1


def test_it_comes_again_when_it_is_asked_to_be_slower(
    spool: Spool, service: Service, folder: Path
) -> None:
    write(folder, 1)
    slower = refusal(429, "rate.limited")
    slower.headers["Retry-After"] = "0"
    answers = iter([slower, slower])

    def patient(request: Request) -> Response:
        return next(answers, None) or service.ingest(request)

    service.at_ingest = patient
    assert spool("ingest", "0.md").out == "0.md\n"


def test_jobs_are_followed_while_later_files_are_still_on_their_way(
    spool: Spool, service: Service, folder: Path
) -> None:
    """The last upload is held until the first job has ended."""
    names = write(folder, 3)
    over = threading.Event()

    def held(request: Request) -> Response:
        if request.args["filename"] == names[-1]:
            assert over.wait(60)
        return service.ingest(request)

    def seen(name: str) -> dict[str, Any]:
        view = service.view(name)
        if view["status"] == "Completed":
            over.set()
        return view

    service.at_ingest, service.seen = held, seen
    done = spool("ingest", "--wait", "--json", *names)
    assert done.status == 0 and done.lines()[-1]["source"] == names[-1]


def test_no_more_uploads_are_under_way_than_asked_for(
    spool: Spool, service: Service, folder: Path
) -> None:
    names = write(folder, 6)
    at_work, most = 0, 0
    guard, several = threading.Lock(), threading.Barrier(2)

    def counted(request: Request) -> Response:
        nonlocal at_work, most
        with guard:
            at_work += 1
            most = max(most, at_work)
        several.wait(60)  # two are there at a time
        with guard:
            at_work -= 1
        return service.ingest(request)

    service.at_ingest = counted
    assert sorted(spool("ingest", "--at-once", "2", *names).out.split()) == names
    assert most == 2


def test_interrupted_it_says_what_goes_on(
    spool: Spool, service: Service, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(folder, 12)
    service.rounds = 1000

    def interrupted(waiting: Awaiting, wait: float = 0.0) -> Iterator[Job]:
        if len(waiting.left) == 12:
            raise KeyboardInterrupt
        yield from ()

    monkeypatch.setattr(Awaiting, "round", interrupted)
    done = spool("ingest", "--wait", "*.md")
    assert done.status == 130
    first, second, *named = done.err.splitlines()
    assert first == "spool: interrupted" and second.startswith("spool: 12 go on in the service")
    assert "spool cancel" in second and len(named) == 11 and "and 2 more" in named[-1]
    assert all(line.split()[0] == line.split()[1] for line in named[:-1]), "the id and its file"


def test_interrupted_before_anything_was_sent_it_says_so(
    spool: Spool, service: Service, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(folder, 2)

    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(Sending, "arrived", interrupted)
    done = spool("ingest", "*.md")
    assert (done.status, done.err) == (130, "spool: interrupted; 2 not sent\n")


def test_many_jobs_cost_few_requests_a_round(service: Service, httpserver: HTTPServer) -> None:
    service.rounds = 3
    with Client(service.address) as client:
        waiting = Awaiting(client)
        for number in range(MOST):
            service.looked[f"{number}.md"] = 0
            waiting.add(f"{number}.md")
        list(waiting.round(wait=0))
        assert service.requests <= 2 + GLANCES
        ended: list[str] = []
        while waiting.left:
            ended += [job.job_id for job in waiting.round(wait=0) if job.ended]
    assert sorted(ended) == sorted(service.looked), "each of them once"


def test_a_job_that_is_deleted_meanwhile_is_waited_for_no_longer(
    spool: Spool, service: Service, folder: Path
) -> None:
    names = write(folder, 2)

    def forgetful(request: Request) -> Response:
        service.looked.pop(names[0], None)
        return service.job(request)

    service.at_job = forgetful
    done = spool("ingest", "--wait", *names)
    assert done.status == 0 and service.looked[names[1]] >= service.rounds


def test_what_is_said_is_printed_as_it_is_heard(
    spool: Spool, service: Service, folder: Path, httpserver: HTTPServer
) -> None:
    write(folder, 1)
    segment = json.dumps({"id": 0, "start": 1.0, "end": 2.5, "text": "Good morning."})
    stream = f"event: segment\ndata: {segment}\n\nevent: done\ndata: {{}}\n\n"
    events = httpserver.expect_request("/api/v1/jobs/0.md/events")
    events.respond_with_data(stream, content_type="text/event-stream")
    assert spool("ingest", "--follow", "0.md").out == "0.md\n0:01-0:02 Good morning.\n"
    assert spool("ingest", "--follow", "--json", "0.md").status == 2
