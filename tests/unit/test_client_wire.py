"""`app.client` on the wire: addresses, keys, refusals of strangers, streams that break."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from app.client import AsyncSpool, Event, Refused, Spool, Unreachable, following
from app.client.answers import Answer, Job, Problem
from app.client.reading import read
from app.domain.errors import InvalidRequest, SpoolError

JOB = "/api/v1/jobs/j"
EVENTS = f"{JOB}/events"


@pytest.fixture(autouse=True)
def nothing_in_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("SPOOL_SERVER", "SPOOL_API_KEY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(following, "PAUSE", 0.0)


@pytest.fixture
def spool(httpserver: HTTPServer) -> Iterator[Spool]:
    with Spool(httpserver.url_for("/")) as opened:
        yield opened


def headers_sent(server: HTTPServer) -> dict[str, str]:
    request, _ = server.log[-1]
    return {name.lower(): value for name, value in request.headers.items()}


# where it goes


def test_server_and_key_come_from_the_environment(
    httpserver: HTTPServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    httpserver.expect_request("/health").respond_with_json({"status": "ok"})
    monkeypatch.setenv("SPOOL_SERVER", httpserver.url_for("/").removeprefix("http://"))
    monkeypatch.setenv("SPOOL_API_KEY", "from-outside")
    with Spool() as spool:
        assert spool.health() == {"status": "ok"}
    assert headers_sent(httpserver)["authorization"] == "Bearer from-outside"


def test_arguments_go_before_the_environment(
    httpserver: HTTPServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    httpserver.expect_request("/health").respond_with_json({})
    monkeypatch.setenv("SPOOL_SERVER", "http://127.0.0.1:1")
    monkeypatch.setenv("SPOOL_API_KEY", "from-outside")
    with Spool(httpserver.url_for("/"), "mine") as spool:
        spool.health()
    assert headers_sent(httpserver)["authorization"] == "Bearer mine"


def test_without_a_key_none_is_sent(httpserver: HTTPServer, spool: Spool) -> None:
    httpserver.expect_request("/health").respond_with_json({})
    spool.health()
    assert "authorization" not in headers_sent(httpserver)


def test_nobody_there_is_said_with_the_address(unused_port: int) -> None:
    with Spool(f"http://127.0.0.1:{unused_port}") as spool:
        with pytest.raises(Unreachable, match=f"no answer from http://127.0.0.1:{unused_port}"):
            spool.jobs()


@pytest.mark.parametrize("server", ["ftp://box", "http://box:port"])
def test_what_is_no_address_is_said_so(server: str) -> None:
    with pytest.raises(InvalidRequest, match="no address"):
        Spool(server).health()


# what strangers say


def test_a_refusal_that_is_not_of_this_service_is_still_one(
    httpserver: HTTPServer, spool: Spool
) -> None:
    httpserver.expect_request(JOB).respond_with_data("<h1>Bad gateway</h1>", status=502)
    with pytest.raises(Refused, match="Bad gateway") as refusal:
        spool.job("j")
    assert (refusal.value.status, refusal.value.hint) == (502, None)


@pytest.mark.parametrize("body", ["<html></html>", "[]", "null"])
def test_an_answer_that_is_no_object_is_of_no_spool(
    httpserver: HTTPServer, spool: Spool, body: str
) -> None:
    httpserver.expect_request(JOB).respond_with_data(body)
    with pytest.raises(SpoolError, match="is this a Spool"):
        spool.job("j")


def test_a_refusal_says_when_to_come_back(httpserver: HTTPServer, spool: Spool) -> None:
    said = {"error": {"code": "limit.rate", "message": "too many", "hint": "wait"}}
    httpserver.expect_request(JOB).respond_with_json(said, 429, {"Retry-After": "7"})
    with pytest.raises(Refused) as refusal:
        spool.job("j")
    assert (refusal.value.retry_after, refusal.value.code) == (7.0, "limit.rate")


# what is read


def test_fields_that_are_not_known_are_kept_but_do_not_matter() -> None:
    document = {"job_id": "j", "status": "Pending", "from_the_future": [1]}
    job = read(Job, document)
    assert (job.job_id, job.ended, job.history) == ("j", False, ())
    assert job.raw["from_the_future"] == [1]
    assert job == read(Job, {"job_id": "j", "status": "Pending"})


def test_nested_parts_moments_and_numbers_have_their_types() -> None:
    document = {
        "job_id": "j",
        "progress": 1,
        "created_at": "2026-11-21T09:16:33+00:00",
        "history": [{"number": 1, "started_at": None}],
        "error": {"code": "c", "message": "m", "hint": None},
    }
    job = read(Job, document)
    assert isinstance(job.progress, float)
    assert job.created_at == datetime.fromisoformat("2026-11-21T09:16:33+00:00")
    assert job.history[0].number == 1 and job.history[0].started_at is None
    assert job.error == Problem(code="c", message="m")


@pytest.mark.parametrize(
    "document",
    [
        {},
        [],
        {"job_id": 7},
        {"job_id": "j", "progress": "half"},
        {"job_id": "j", "created_at": "yesterday"},
        {"job_id": "j", "created_at": 5},
        {"job_id": "j", "history": 5},
        {"job_id": "j", "history": [{}]},
        {"job_id": "j", "error": "words"},
    ],
)
def test_what_does_not_fit_is_named(document: object) -> None:
    with pytest.raises(SpoolError, match="the service answered"):
        read(Job, document)


@dataclass(frozen=True, kw_only=True)
class Deep(Answer):
    inner: tuple[tuple[int, ...], ...] | None = None


def test_lists_of_lists_are_read() -> None:
    assert read(Deep, {"inner": [[1], [2, 3]]}).inner == ((1,), (2, 3))


# events


def told(number: int, kind: str, data: str = "{}") -> str:
    return f"id: {number}\nevent: {kind}\ndata: {data}\n\n"


def said(number: int) -> str:
    return told(number, "segment", f'{{"id": {number - 1}, "text": "t", "start": 1, "end": 2.5}}')


class Broken:
    """Streams that end before the job does; `asked` are the ids after which to go on."""

    def __init__(self, *streams: str) -> None:
        self.streams, self.asked = list(streams), list[str | None]()

    def __call__(self, request: Request) -> Response:
        self.asked.append(request.headers.get("Last-Event-ID"))
        return Response(self.streams.pop(0), content_type="text/event-stream; charset=utf-8")


async def both(server: HTTPServer) -> tuple[list[Event], list[Event]]:
    """What the blocking client hears, and what the other does."""
    with Spool(server.url_for("/")) as spool:
        first = list(spool.events("j"))
    async with AsyncSpool(server.url_for("/")) as awaited:
        return first, [event async for event in awaited.events("j")]


async def test_a_stream_that_breaks_goes_on_after_the_last_event(httpserver: HTTPServer) -> None:
    streams = [told(0, "state") + said(1) + said(2), "", said(3) + told(3, "done")]
    broken = Broken(*streams, *streams)
    httpserver.expect_request(EVENTS).respond_with_handler(broken)
    for heard in await both(httpserver):
        assert [event.kind for event in heard] == ["state", *["segment"] * 3, "done"]
        segments = [event.segment for event in heard if event.segment]
        assert [(each.id, each.start, each.end) for each in segments] == [
            (number, 1.0, 2.5) for number in range(3)
        ]
    assert broken.asked == [None, "2", "2"] * 2


async def test_a_stream_without_any_news_is_given_up(httpserver: HTTPServer, spool: Spool) -> None:
    broken = Broken(*[""] * following.BREAKS)
    httpserver.expect_request(EVENTS).respond_with_handler(broken)
    with pytest.raises(Unreachable, match="before the job did"):
        list(spool.events("j"))
    assert broken.streams == []


async def test_a_job_that_is_not_there_has_no_events(httpserver: HTTPServer) -> None:
    error = {"error": {"code": "job.not_found", "message": "no job j", "hint": None}}
    httpserver.expect_request(EVENTS).respond_with_json(error, 404)
    with pytest.raises(Refused, match="no job j") as refusal:
        await both(httpserver)
    assert refusal.value.status == 404


def test_what_is_no_stream_of_events_is_said_so(httpserver: HTTPServer, spool: Spool) -> None:
    httpserver.expect_request(EVENTS).respond_with_data("hello", content_type="text/plain")
    with pytest.raises(Unreachable, match="event-stream"):
        list(spool.events("j"))


def test_data_that_is_no_object_is_none(httpserver: HTTPServer, spool: Spool) -> None:
    broken = Broken(told(0, "state", "[1]") + told(0, "progress", "{") + told(0, "done"))
    httpserver.expect_request(EVENTS).respond_with_handler(broken)
    assert [event.data for event in spool.events("j")] == [{}, {}, {}]
