"""WebhookPoster: one request to where the URL leads and nowhere else, and an end to all waiting."""

import asyncio
import socket
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import ExitStack, asynccontextmanager, contextmanager

import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from app.adapters.egress import UrlPoster, door
from app.domain.errors import ConfigError, Forbidden, InvalidRequest, SourceUnreachable

LOOPBACK = ("127.0.0.0/8",)
BODY = '{"job_id": "東京"}'.encode()
PATIENT, SHORT = 30.0, 0.3  # seconds

Handler = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@pytest.fixture
async def poster() -> AsyncIterator[UrlPoster]:
    poster = UrlPoster(timeout=PATIENT, allowed_networks=LOOPBACK)
    yield poster
    await poster.aclose()


@asynccontextmanager
async def serving(handle: Handler, tls: ssl.SSLContext | None = None) -> AsyncIterator[str]:
    """A server that answers in its own way, until the caller or the client has gone."""
    tasks: set[asyncio.Task[None]] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        tasks.add(task)
        try:
            await reader.readuntil(b"\r\n\r\n")
            await handle(reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass
        finally:
            tasks.discard(task)
            writer.transport.abort()

    server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=tls)
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/hook"
    finally:
        server.close()
        for task in set(tasks):
            task.cancel()
        await server.wait_closed()


async def test_body_and_headers_arrive_as_they_are(
    httpserver: HTTPServer, poster: UrlPoster
) -> None:
    seen: list[Request] = []

    def remember(request: Request) -> Response:
        seen.append(request)
        request.get_data()
        return Response(status=204)

    httpserver.expect_request("/hook").respond_with_handler(remember)
    answer = await poster.post(httpserver.url_for("/hook?a=b"), {"webhook-id": "msg_1"}, BODY)
    assert (answer.status, answer.retry_after) == (204, None)
    [request] = seen
    assert (request.method, request.query_string, request.get_data()) == ("POST", b"a=b", BODY)
    assert request.headers["webhook-id"] == "msg_1"
    assert request.headers["Host"] == f"{httpserver.host}:{httpserver.port}"
    assert request.headers["User-Agent"] == "spool"
    assert request.headers["Content-Length"] == str(len(BODY))


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_a_redirect_is_an_answer_and_is_not_followed(
    httpserver: HTTPServer, poster: UrlPoster, status: int
) -> None:
    location = {"Location": httpserver.url_for("/elsewhere")}
    httpserver.expect_request("/hook").respond_with_data(status=status, headers=location)
    answer = await poster.post(httpserver.url_for("/hook"), {}, BODY)
    assert answer.status == status
    assert [request.path for request, _ in httpserver.log] == ["/hook"]


async def test_what_an_overloaded_receiver_asks_for_is_told(
    httpserver: HTTPServer, poster: UrlPoster
) -> None:
    asked = {"Retry-After": "120"}
    httpserver.expect_request("/hook").respond_with_data(status=429, headers=asked)
    answer = await poster.post(httpserver.url_for("/hook"), {}, BODY)
    assert (answer.status, answer.retry_after) == (429, "120")


async def test_no_cookie_comes_back_with_the_next_one(
    httpserver: HTTPServer, poster: UrlPoster
) -> None:
    cookie = {"Set-Cookie": "who=me; Path=/"}
    httpserver.expect_request("/hook").respond_with_data(headers=cookie)
    for _ in range(2):
        await poster.post(httpserver.url_for("/hook"), {}, BODY)
    assert [request.headers.get("Cookie") for request, _ in httpserver.log] == [None, None]


async def test_a_port_where_nobody_listens_is_unreachable(
    poster: UrlPoster, unused_port: int
) -> None:
    with pytest.raises(SourceUnreachable):
        await poster.post(f"http://127.0.0.1:{unused_port}/", {}, BODY)


async def test_a_server_that_drips_its_headers_is_given_up() -> None:
    async def drip(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nX-Slow: ")
        while True:
            writer.write(b"x")
            await writer.drain()
            await asyncio.sleep(SHORT / 10)

    async with serving(drip) as url:
        with pytest.raises(SourceUnreachable, match=f"within {SHORT} s"):
            await UrlPoster(timeout=SHORT, allowed_networks=LOOPBACK).post(url, {}, BODY)


async def test_a_status_counts_although_the_rest_of_the_answer_drips() -> None:
    async def drip(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
        while True:
            writer.write(b"x")
            await writer.drain()
            await asyncio.sleep(SHORT / 10)

    async with serving(drip) as url:
        poster = UrlPoster(timeout=SHORT, allowed_networks=LOOPBACK)
        assert (await poster.post(url, {}, BODY)).status == 200


async def test_an_endless_answer_is_not_read_to_its_end(poster: UrlPoster) -> None:
    written = 0
    refused = asyncio.Event()

    async def flood(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal written
        writer.write(b"HTTP/1.1 500 No\r\n\r\n")
        try:
            while True:
                writer.write(bytes(64 * 1024))
                await writer.drain()
                written += 64 * 1024
        finally:
            refused.set()

    async with serving(flood) as url:
        assert (await poster.post(url, {}, BODY)).status == 500
        async with asyncio.timeout(PATIENT):
            await refused.wait()
    assert written < 64 * 1024 * 1024  # what the sockets hold, and no more


@pytest.mark.parametrize("answer", [b"", b"SSH-2.0-OpenSSH_9.6\r\n", b"HTTP/1.1 200"])
async def test_what_is_no_answer_is_unreachable(poster: UrlPoster, answer: bytes) -> None:
    async def reply(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(answer)
        await writer.drain()
        writer.close()

    async with serving(reply) as url:
        with pytest.raises(SourceUnreachable):
            await poster.post(url, {}, BODY)


async def test_a_server_without_the_tls_it_is_asked_for_is_unreachable(
    httpserver: HTTPServer, poster: UrlPoster
) -> None:
    with pytest.raises(SourceUnreachable):
        await poster.post(httpserver.url_for("/").replace("http:", "https:"), {}, BODY)


# where it goes


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1/",
        "http://2130706433/",
        "http://0x7f.1/",
        "http://[::1]/",
        "http://[::ffff:127.0.0.1]/",
        "http://[64:ff9b::7f00:1]/",
        "http://[2002:7f00:1::1]/",
        "http://100.64.0.1/",
        "http://169.254.169.254/latest",
        "http://0.0.0.0/",
    ],
)
async def test_an_address_inside_is_refused_when_dialled(url: str) -> None:
    with pytest.raises(Forbidden):
        await UrlPoster(timeout=PATIENT).post(url, {}, BODY)


@pytest.mark.parametrize("port", [25, 6379, 11211])
async def test_a_port_that_is_none_of_the_web_is_not_called(port: int) -> None:
    with pytest.raises(Forbidden, match=str(port)):
        await UrlPoster(timeout=PATIENT).post(f"http://93.184.216.34:{port}/", {}, BODY)


async def test_a_name_that_is_not_resolved_in_time_is_unreachable() -> None:
    async def silent(host: str, port: int) -> Sequence[str]:
        raise TimeoutError

    with pytest.raises(SourceUnreachable, match="not resolved in time"):
        await UrlPoster(timeout=PATIENT, resolver=silent).post("http://a.example/", {}, BODY)


@pytest.mark.parametrize(
    "url",
    [
        "ftp://8.8.8.8/",
        "file:///etc/passwd",
        "http://me:pw@8.8.8.8/",
        "http://0177.0.0.1/",
        "x",
        "http://",
        "",
    ],
)
async def test_what_is_no_http_url_is_refused(poster: UrlPoster, url: str) -> None:
    with pytest.raises(InvalidRequest):
        await poster.post(url, {}, BODY)


class Names:
    """A resolver with fixed answers, one after the other; the last stays."""

    def __init__(self, *answers: Sequence[str]) -> None:
        self._answers = list(answers)

    async def __call__(self, host: str, port: int) -> Sequence[str]:
        return self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]


async def test_the_address_that_was_vetted_is_dialled_under_the_name(
    httpserver: HTTPServer,
) -> None:
    httpserver.expect_request("/hook").respond_with_data()
    names = Names(["127.0.0.1"], ["169.254.169.254"])
    poster = UrlPoster(timeout=PATIENT, allowed_networks=LOOPBACK, resolver=names)
    url = f"http://hooks.example:{httpserver.port}/hook"
    assert (await poster.post(url, {}, BODY)).status == 200
    [(request, _)] = httpserver.log
    assert request.headers["Host"] == f"hooks.example:{httpserver.port}"
    with pytest.raises(Forbidden):
        await poster.post(url, {}, BODY)


@contextmanager
def silent(address: str, port: int) -> Iterator[None]:
    """Nobody answers there, and nobody refuses: as where a network has no IPv6."""
    with ExitStack() as sockets:
        door = sockets.enter_context(socket.socket())
        door.bind((address, port))
        door.listen(0)
        for _ in range(4):  # callers that fill the line before it
            caller = sockets.enter_context(socket.socket())
            caller.setblocking(False)
            caller.connect_ex((address, port))
        yield


async def test_an_address_that_keeps_silent_leaves_time_for_the_next(
    httpserver: HTTPServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All the time went to the first, at each try: such a webhook never arrived."""
    monkeypatch.setattr(door, "PATIENCE", SHORT)
    httpserver.expect_request("/hook").respond_with_data()
    names = Names(["127.0.0.9", "127.0.0.1"])
    poster = UrlPoster(timeout=PATIENT / 3, allowed_networks=LOOPBACK, resolver=names)
    with silent("127.0.0.9", httpserver.port):
        answer = await poster.post(f"http://both.example:{httpserver.port}/hook", {}, BODY)
    assert answer.status == 200
    assert len(httpserver.log) == 1


async def test_one_address_inside_among_good_ones_is_refused() -> None:
    names = Names(["93.184.216.34", "10.0.0.1"])
    with pytest.raises(Forbidden):
        await UrlPoster(timeout=PATIENT, resolver=names).post("http://hooks.example/", {}, BODY)


async def test_proxy_variables_are_not_looked_at(
    httpserver: HTTPServer, monkeypatch: pytest.MonkeyPatch, unused_port: int
) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{unused_port}")
    httpserver.expect_request("/hook").respond_with_data()
    poster = UrlPoster(timeout=PATIENT, allowed_networks=LOOPBACK)
    assert (await poster.post(httpserver.url_for("/hook"), {}, BODY)).status == 200


def test_a_network_that_is_none_is_named() -> None:
    with pytest.raises(ConfigError, match=r"10\.1\.2\.3/8"):
        UrlPoster(timeout=PATIENT, allowed_networks=["10.1.2.3/8"])
