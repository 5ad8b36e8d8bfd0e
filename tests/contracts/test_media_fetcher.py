"""MediaFetcher: what it downloads, where it refuses to go, and how it gives up."""

import asyncio
import shutil
import socket
import ssl
import subprocess
import uuid
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from app.adapters.egress import TimeLimits, UrlFetcher
from app.domain.errors import (
    ConfigError,
    Forbidden,
    InvalidRequest,
    SourceError,
    SourceGone,
    SourceUnreachable,
    SpoolError,
    StorageError,
    StorageFull,
    TooLarge,
)
from app.domain.file_keys import is_unfinished

BODY = bytes(range(256)) * 4096  # 1 MiB
LOOPBACK = ("127.0.0.0/8",)


def ignore(part: float) -> None:
    pass


class Names:
    """A resolver with fixed answers, one after the other; the last stays."""

    def __init__(self, *answers: Sequence[str]) -> None:
        self._answers = list(answers)
        self.asked: list[tuple[str, int]] = []

    async def __call__(self, host: str, port: int) -> Sequence[str]:
        self.asked.append((host, port))
        return self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]


@asynccontextmanager
async def serving(
    answer: bytes,
    *,
    host: str = "127.0.0.1",
    linger: bool = False,
    tls: ssl.SSLContext | None = None,
) -> AsyncIterator[int]:
    """A server of one raw answer, that closes after it or says nothing more. Gives the port."""
    done = asyncio.Event()

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await reader.readuntil(b"\r\n\r\n")
            writer.write(answer)
            await writer.drain()
            if linger:
                await done.wait()
        finally:
            writer.close()

    server = await asyncio.start_server(handle, host, 0, ssl=tls)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        done.set()
        server.close()
        await server.wait_closed()


@asynccontextmanager
async def dripping(head: bytes, drop: bytes) -> AsyncIterator[int]:
    """A server that goes on and on with its answer, a little at a time. Gives the port."""
    tasks: set[asyncio.Task[None]] = set()

    async def drip(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        tasks.add(task)
        try:
            await reader.readuntil(b"\r\n\r\n")
            writer.write(head)
            while True:
                writer.write(drop)
                await writer.drain()
                await asyncio.sleep(0.02)
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass
        finally:
            tasks.discard(task)
            writer.transport.abort()

    server = await asyncio.start_server(drip, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        for task in set(tasks):
            task.cancel()
        await server.wait_closed()


@pytest.fixture
def target(tmp_path: Path) -> Path:
    return tmp_path / "media.bin"


@pytest.fixture
def fetcher() -> UrlFetcher:
    return UrlFetcher(max_bytes=2 * len(BODY), allowed_networks=LOOPBACK)


def content(path: Path) -> bytes:
    return path.read_bytes()


def left(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir()]


async def test_the_body_arrives_whole_with_progress(
    httpserver: HTTPServer, fetcher: UrlFetcher, target: Path
) -> None:
    httpserver.expect_request("/talk.mp4").respond_with_data(BODY)
    parts: list[float] = []
    size = await fetcher.fetch(httpserver.url_for("/talk.mp4"), target, parts.append)
    assert size == len(BODY)
    assert left(target.parent) == [target.name]
    assert content(target) == BODY
    assert parts == sorted(parts)
    assert parts[-1] == 1.0


async def test_the_request_asks_for_plain_bytes_and_keeps_the_host(
    httpserver: HTTPServer, target: Path
) -> None:
    seen: list[Request] = []

    def remember(request: Request) -> Response:
        seen.append(request)
        return Response(b"sound")

    httpserver.expect_request("/a").respond_with_handler(remember)
    fetcher = UrlFetcher(max_bytes=100, allowed_networks=LOOPBACK, resolver=Names(["127.0.0.1"]))
    await fetcher.fetch(f"http://media.example:{httpserver.port}/a?b=c", target, ignore)
    [request] = seen
    assert request.headers["Host"] == f"media.example:{httpserver.port}"
    assert request.headers["Accept-Encoding"] == "identity"
    assert request.query_string == b"b=c"


async def test_a_redirect_is_followed(
    httpserver: HTTPServer, fetcher: UrlFetcher, target: Path
) -> None:
    httpserver.expect_request("/old").respond_with_data(status=302, headers={"Location": "new?x=1"})
    httpserver.expect_request("/new", query_string="x=1").respond_with_data(b"sound")
    assert await fetcher.fetch(httpserver.url_for("/old"), target, ignore) == 5


async def test_redirects_end_after_a_few(
    httpserver: HTTPServer, fetcher: UrlFetcher, target: Path
) -> None:
    httpserver.expect_request("/loop").respond_with_data(status=307, headers={"Location": "/loop"})
    with pytest.raises(SourceGone, match="redirects"):
        await fetcher.fetch(httpserver.url_for("/loop"), target, ignore)
    assert len(httpserver.log) == 6


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:{port}/secret",
        "http://127.1:{port}/secret",
        "http://2130706433:{port}/secret",
        "http://0x7f000001:{port}/secret",
        "http://017700000001:{port}/secret",
        "http://0:{port}/secret",
        "http://[::1]:{port}/secret",
        "http://[::ffff:127.0.0.1]:{port}/secret",
        "http://[64:ff9b::7f00:1]:{port}/secret",
        "http://localhost:{port}/secret",
        "http://LOCALHOST:{port}/secret",
        "http://169.254.169.254/latest/meta-data/",
        "http://10.0.0.1/",
    ],
)
async def test_an_address_inside_is_refused_in_every_spelling(
    httpserver: HTTPServer, target: Path, url: str
) -> None:
    httpserver.expect_request("/secret").respond_with_data(b"secret")
    fetcher = UrlFetcher(max_bytes=100)
    url = url.format(port=httpserver.port)
    for attempt in (fetcher.vet(url), fetcher.fetch(url, target, ignore)):
        with pytest.raises(Forbidden) as caught:
            await attempt
        assert caught.value.code == "source.forbidden"
    assert not httpserver.log
    assert left(target.parent) == []


async def test_a_redirect_inside_is_refused(httpserver: HTTPServer, target: Path) -> None:
    httpserver.expect_request("/secret").respond_with_data(b"secret")
    httpserver.expect_request("/out").respond_with_data(
        status=302, headers={"Location": f"http://127.0.0.2:{httpserver.port}/secret"}
    )
    fetcher = UrlFetcher(max_bytes=100, allowed_networks=["127.0.0.1/32"])
    with pytest.raises(Forbidden):
        await fetcher.fetch(httpserver.url_for("/out"), target, ignore)
    assert [request.path for request, _ in httpserver.log] == ["/out"]


async def test_one_inside_address_among_public_ones_is_enough_to_refuse(target: Path) -> None:
    fetcher = UrlFetcher(max_bytes=100, resolver=Names(["93.184.216.34", "10.0.0.1"]))
    with pytest.raises(Forbidden):
        await fetcher.fetch("http://both.example/", target, ignore)


async def test_a_name_that_changes_its_mind_is_asked_only_once(
    httpserver: HTTPServer, target: Path
) -> None:
    httpserver.expect_request("/a").respond_with_data(b"sound")
    names = Names(["127.0.0.1"], ["127.0.0.2"])
    fetcher = UrlFetcher(max_bytes=100, allowed_networks=["127.0.0.1/32"], resolver=names)
    await fetcher.fetch(f"http://rebind.example:{httpserver.port}/a", target, ignore)
    assert names.asked == [("rebind.example", httpserver.port)]
    with pytest.raises(Forbidden):
        await fetcher.fetch(f"http://rebind.example:{httpserver.port}/a", target, ignore)


async def test_the_next_address_is_tried_when_one_is_dead(
    httpserver: HTTPServer, target: Path
) -> None:
    httpserver.expect_request("/a").respond_with_data(b"sound")
    names = Names(["127.0.0.9", "127.0.0.1"])
    fetcher = UrlFetcher(max_bytes=100, allowed_networks=LOOPBACK, resolver=names)
    assert await fetcher.fetch(f"http://two.example:{httpserver.port}/a", target, ignore) == 5


@pytest.mark.parametrize("host", ["[::1]", "six.example", "both.example"])
async def test_a_host_that_answers_by_ipv6_alone_is_reached(target: Path, host: str) -> None:
    if not socket.has_dualstack_ipv6():
        pytest.skip("no IPv6 here")
    names = {"six.example": ["::1"], "both.example": ["127.0.0.9", "::1"]}.get(host, ["::1"])
    networks = [*LOOPBACK, "::1/128"]
    fetcher = UrlFetcher(max_bytes=100, allowed_networks=networks, resolver=Names(names))
    answer = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nsound"
    async with serving(answer, host="::1") as port:
        assert await fetcher.fetch(f"http://{host}:{port}/", target, ignore) == 5


async def test_proxies_of_the_environment_are_not_asked(
    httpserver: HTTPServer, fetcher: UrlFetcher, target: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    httpserver.expect_request("/a").respond_with_data(b"sound")
    assert await fetcher.fetch(httpserver.url_for("/a"), target, ignore) == 5


@pytest.mark.parametrize(
    "url",
    [
        "",
        "talk.mp4",
        "ftp://example.com/talk.mp4",
        "file:///etc/passwd",
        "gopher://example.com/",
        "http://",
        "http:///path",
        "http://user:secret@example.com/",
        "http://user@example.com/",
        "http://example.com:99999/",
        "http://example.com:0/",
        "http://ex%2eample.com/",
        "http://exa mple.com/",
        "http://example.com/\x00",
        "http://[::1/",
        "http://" + "a" * 5000,
    ],
)
async def test_what_is_no_plain_web_address_is_a_bad_request(
    fetcher: UrlFetcher, target: Path, url: str
) -> None:
    with pytest.raises(InvalidRequest):
        await fetcher.vet(url)
    with pytest.raises(InvalidRequest):
        await fetcher.fetch(url, target, ignore)


async def test_vetting_passes_public_names_and_names_that_do_not_resolve_now() -> None:
    await UrlFetcher(max_bytes=1, resolver=Names(["93.184.216.34"])).vet(
        "https://example.com:8443/"
    )
    await UrlFetcher(max_bytes=1, resolver=Names([])).vet("https://example.com/")


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (403, SourceGone),
        (404, SourceGone),
        (410, SourceGone),
        (204, SourceGone),
        (408, SourceUnreachable),
        (429, SourceUnreachable),
        (500, SourceUnreachable),
        (503, SourceUnreachable),
    ],
)
async def test_a_refusal_names_its_status(
    httpserver: HTTPServer,
    fetcher: UrlFetcher,
    target: Path,
    status: int,
    error: type[SourceError],
) -> None:
    httpserver.expect_request("/a").respond_with_data(b"", status=status)
    with pytest.raises(error, match=str(status)):
        await fetcher.fetch(httpserver.url_for("/a"), target, ignore)
    assert left(target.parent) == []


@pytest.mark.parametrize("encoding", ["identity", "Identity", "", " "])
async def test_plain_bytes_are_plain_however_a_server_calls_them(
    httpserver: HTTPServer, fetcher: UrlFetcher, target: Path, encoding: str
) -> None:
    told = {"Content-Encoding": encoding}
    httpserver.expect_request("/a").respond_with_data(b"sound", headers=told)
    assert await fetcher.fetch(httpserver.url_for("/a"), target, ignore) == 5


@pytest.mark.parametrize("suffix", ["", ".mp4", ".part"])
async def test_what_a_death_leaves_half_is_swept_at_the_next_start(
    tmp_path: Path, fetcher: UrlFetcher, suffix: str
) -> None:
    """Of a URL without a suffix it looked like an upload, and stayed for as long as its job."""
    target, seen = tmp_path / f"{uuid.uuid4()}{suffix}", set[str]()
    answer = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nsound"
    async with serving(answer) as port:
        url = f"http://127.0.0.1:{port}/"
        await fetcher.fetch(url, target, lambda part: seen.update(left(tmp_path)))
    assert len(seen) == 1 and all(map(is_unfinished, seen))
    assert left(tmp_path) == [target.name]


@pytest.mark.parametrize(
    ("answer", "linger", "error"),
    [
        (b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf", False, SourceUnreachable),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf", True, SourceUnreachable),
        (b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n", False, SourceUnreachable),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 999999999999\r\n\r\n", True, TooLarge),
        (b"HTTP/1.1 200 OK\r\n\r\n" + b"x" * 5000, True, TooLarge),
        (b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\nx", False, SourceGone),
        (b"HTTP/1.1 302 Found\r\n\r\n", False, SourceGone),
        (b"HTTP/1.1 302 Found\r\nLocation: file:///etc/passwd\r\n\r\n", False, SourceGone),
        (b"HTTP/1.1 302 Found\r\nLocation: http://[bad\r\n\r\n", False, SourceGone),
        (b"HTTP/1.1 302 Found\r\nLocation: :http://[bad\r\n\r\n", False, SourceUnreachable),
        (b"HTTP/1.1 302 Found\r\nSet-Cookie: a=\xff\r\n\r\n", False, SourceUnreachable),
        (b"HTTP/1.1 200 OK\r\nX: " + b"x" * 300_000, True, SourceUnreachable),
        (b"\x00\x01\x02 no http\r\n\r\n", False, SourceUnreachable),
        (b"", False, SourceUnreachable),
        (b"", True, SourceUnreachable),
    ],
)
async def test_a_bad_server_is_an_error_of_its_own_and_leaves_nothing(
    target: Path, answer: bytes, linger: bool, error: type[SpoolError]
) -> None:
    limits = TimeLimits(connect=5, read=0.2, total=10)
    fetcher = UrlFetcher(max_bytes=4096, allowed_networks=LOOPBACK, limits=limits)
    async with serving(answer, linger=linger) as port:
        with pytest.raises(error):
            await fetcher.fetch(f"http://127.0.0.1:{port}/", target, ignore)
    assert left(target.parent) == []


async def test_a_source_that_never_ends_is_given_up(target: Path) -> None:
    limits = TimeLimits(connect=5, read=60, total=0.2)
    fetcher = UrlFetcher(max_bytes=4096, allowed_networks=LOOPBACK, limits=limits)
    async with serving(b"HTTP/1.1 200 OK\r\n\r\nsome", linger=True) as port:
        with pytest.raises(SourceUnreachable, match="within"):
            await fetcher.fetch(f"http://127.0.0.1:{port}/", target, ignore)
    assert left(target.parent) == []


@pytest.mark.parametrize(
    "head", [b"HTTP/1.1 200 OK\r\nContent-Length: 9999999\r\n\r\n", b"HTTP/1.1 200 OK\r\n\r\n"]
)
async def test_a_source_that_drips_is_given_up(target: Path, head: bytes) -> None:
    limits = TimeLimits(pace=0.3)
    fetcher = UrlFetcher(max_bytes=1 << 30, allowed_networks=LOOPBACK, limits=limits)
    async with dripping(head, b"x") as port:
        with pytest.raises(SourceUnreachable, match=r"less than 32768 bytes in 0\.3 s") as caught:
            await fetcher.fetch(f"http://127.0.0.1:{port}/", target, ignore)
    assert caught.value.retryable
    assert left(target.parent) == []


@pytest.mark.parametrize("drop", [b"X-Slow: x\r\n", b"x"])
async def test_a_source_that_drips_its_headers_is_given_up(target: Path, drop: bytes) -> None:
    limits = TimeLimits(head=0.3)
    fetcher = UrlFetcher(max_bytes=1 << 30, allowed_networks=LOOPBACK, limits=limits)
    async with dripping(b"HTTP/1.1 200 OK\r\nX-First: x\r\n", drop) as port:
        with pytest.raises(SourceUnreachable, match="does not come to the medium"):
            await fetcher.fetch(f"http://127.0.0.1:{port}/", target, ignore)
    assert left(target.parent) == []


async def test_names_that_keep_silent_are_given_up_as_well(target: Path) -> None:
    async def silent(host: str, port: int) -> Sequence[str]:
        await asyncio.Event().wait()
        return []

    limits = TimeLimits(connect=0.1, head=0.1)
    fetcher = UrlFetcher(max_bytes=1, resolver=silent, limits=limits)
    await fetcher.vet("http://silent.example/")  # it may be back when the job runs
    with pytest.raises(SourceUnreachable):
        await fetcher.fetch("http://silent.example/", target, ignore)


async def test_a_source_that_stalls_between_redirects_is_given_up(
    httpserver: HTTPServer, target: Path
) -> None:
    gone_on = asyncio.Event()

    async def slowly(host: str, port: int) -> Sequence[str]:
        if host == "slow.example":
            await gone_on.wait()
        return ["127.0.0.1"]

    there = f"http://slow.example:{httpserver.port}/"
    httpserver.expect_request("/a").respond_with_data(status=302, headers={"Location": there})
    fetcher = UrlFetcher(
        max_bytes=100,
        allowed_networks=LOOPBACK,
        resolver=slowly,
        limits=TimeLimits(head=0.5),
    )
    with pytest.raises(SourceUnreachable, match="does not come to the medium"):
        await fetcher.fetch(f"http://fast.example:{httpserver.port}/a", target, ignore)


async def test_a_port_that_is_none_of_the_web_is_refused_and_not_called(target: Path) -> None:
    fetcher = UrlFetcher(max_bytes=100, resolver=Names(["93.184.216.34"]))
    for attempt in (
        fetcher.vet("http://example.org:6379/a.mp4"),
        fetcher.fetch("http://example.org:6379/a.mp4", target, ignore),
    ):
        with pytest.raises(Forbidden, match="port 6379"):
            await attempt


# ---- the disk


class SmallDisk:
    """Room for so many bytes, of which it is told before, or as they come."""

    def __init__(self, room: int) -> None:
        self._room = room
        self.asked: list[int] = []

    def require(self, extra: int = 0) -> None:
        self.asked.append(extra)
        if extra > self._room:
            raise StorageFull("no room")

    async def guarded(self, chunks: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
        async for chunk in chunks:
            self._room -= len(chunk)
            self.require(0 if self._room >= 0 else 1 << 60)
            yield chunk


async def test_what_declares_more_than_there_is_room_for_is_not_begun(target: Path) -> None:
    disk = SmallDisk(1000)
    fetcher = UrlFetcher(max_bytes=1 << 30, allowed_networks=LOOPBACK, reserve=disk)
    answer = b"HTTP/1.1 200 OK\r\nContent-Length: 1001\r\n\r\n"
    async with serving(answer, linger=True) as port:
        with pytest.raises(StorageFull, match="no room"):
            await fetcher.fetch(f"http://127.0.0.1:{port}/", target, ignore)
    assert disk.asked == [1001]
    assert left(target.parent) == []


async def test_what_declares_nothing_ends_where_the_reserve_begins(target: Path) -> None:
    fetcher = UrlFetcher(max_bytes=1 << 30, allowed_networks=LOOPBACK, reserve=SmallDisk(1000))
    async with dripping(b"HTTP/1.1 200 OK\r\n\r\n", bytes(600)) as port:
        with pytest.raises(StorageFull, match="no room"):
            await fetcher.fetch(f"http://127.0.0.1:{port}/", target, ignore)
    assert left(target.parent) == []


async def test_a_source_that_is_not_there_is_unreachable(fetcher: UrlFetcher, target: Path) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        port = closed.getsockname()[1]
        with pytest.raises(SourceUnreachable):
            await fetcher.fetch(f"http://127.0.0.1:{port}/", target, ignore)
    with pytest.raises(SourceUnreachable, match="resolved"):
        await UrlFetcher(max_bytes=1, resolver=Names([])).fetch(
            "http://no.example/", target, ignore
        )


async def test_a_cancelled_download_leaves_nothing(target: Path, fetcher: UrlFetcher) -> None:
    begun = asyncio.Event()
    answer = b"HTTP/1.1 200 OK\r\nContent-Length: 900000\r\n\r\n" + b"x" * 600_000
    async with serving(answer, linger=True) as port:
        download = asyncio.ensure_future(
            fetcher.fetch(f"http://127.0.0.1:{port}/", target, lambda part: begun.set())
        )
        await begun.wait()
        assert left(target.parent) != []
        download.cancel()
        with pytest.raises(asyncio.CancelledError):
            await download
    assert left(target.parent) == []


async def test_a_disk_that_refuses_is_not_the_sources_fault(
    httpserver: HTTPServer, fetcher: UrlFetcher, tmp_path: Path
) -> None:
    httpserver.expect_request("/a").respond_with_data(b"sound")
    with pytest.raises(StorageError):
        await fetcher.fetch(httpserver.url_for("/a"), tmp_path / "no folder" / "x", ignore)


def test_a_network_that_is_none_stops_the_start() -> None:
    with pytest.raises(ConfigError):
        UrlFetcher(max_bytes=1, allowed_networks=["everything"])


# ---- https


@pytest.fixture
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A certificate for media.example, and its key."""
    if shutil.which("openssl") is None:
        pytest.skip("no openssl to make a certificate with")
    folder = tmp_path_factory.mktemp("tls")
    paths = folder / "cert.pem", folder / "key.pem"
    subject = ("-subj", "/CN=media.example", "-addext", "subjectAltName=DNS:media.example")
    files = ("-out", str(paths[0]), "-keyout", str(paths[1]))
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", *subject, *files],
        check=True,
        capture_output=True,
    )
    return paths


async def test_a_certificate_is_checked_against_the_name_and_not_the_address(
    certificate: tuple[Path, Path], target: Path
) -> None:
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(*certificate)
    asked: list[str | None] = []
    server.sni_callback = lambda _socket, name, _context: asked.append(name)
    trust = ssl.create_default_context(cafile=str(certificate[0]))
    fetcher = UrlFetcher(
        max_bytes=100, allowed_networks=LOOPBACK, resolver=Names(["127.0.0.1"]), tls=trust
    )
    answer = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nsound"
    async with serving(answer, tls=server) as port:
        assert await fetcher.fetch(f"https://media.example:{port}/", target, ignore) == 5
        with pytest.raises(SourceUnreachable, match="certificate"):
            await fetcher.fetch(f"https://other.example:{port}/", target, ignore)
    assert asked == ["media.example", "other.example"]


async def test_https_is_not_redirected_to_http(
    certificate: tuple[Path, Path], target: Path
) -> None:
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(*certificate)
    fetcher = UrlFetcher(
        max_bytes=100,
        allowed_networks=LOOPBACK,
        resolver=Names(["127.0.0.1"]),
        tls=ssl.create_default_context(cafile=str(certificate[0])),
    )
    answer = b"HTTP/1.1 302 Found\r\nLocation: http://media.example/\r\nContent-Length: 0\r\n\r\n"
    async with serving(answer, tls=server) as port:
        with pytest.raises(Forbidden, match="https to http"):
            await fetcher.fetch(f"https://media.example:{port}/", target, ignore)
