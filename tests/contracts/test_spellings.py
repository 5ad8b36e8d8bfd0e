"""However an address inside is spelt, and whatever leads to it, nobody knocks there."""

import asyncio
import socket
import ssl
from collections.abc import AsyncIterator, Awaitable, Iterator, Sequence
from contextlib import ExitStack, asynccontextmanager
from pathlib import Path
from typing import TypeAlias

import pytest

from app.adapters.egress import TimeLimits, UrlFetcher, UrlPoster
from app.adapters.egress.names import read_as_number
from app.domain.errors import Forbidden, InvalidRequest, SourceError
from tests.contracts.spellings import PUBLIC, hosts, literals

#: What somebody tries, in words.
Attempt: TypeAlias = tuple[str, Awaitable[object]]

SPELLINGS = list(hosts())
LITERALS = list(literals())
#: Of a server that may be called, and sends whoever calls it on to a place inside.
OUTSIDE = "127.77.77.77"
TIMEOUT = 30.0  # seconds
TLS = ssl.create_default_context()  # one for all: reading what the system trusts takes a while


class Doorbell:
    """Listens on every address of this machine, and notes whoever wants to leave it."""

    def __init__(self, listening: Sequence[socket.socket]) -> None:
        self._listening = listening
        self.port = int(listening[0].getsockname()[1])
        self.dialled: list[str] = []
        #: Hosts that may be called.
        self.open: set[str] = set()

    def knocks(self) -> int:
        """Connections that came: the system takes them for whoever listens."""
        return sum(_waiting(each) for each in self._listening)

    def silent(self) -> bool:
        return self.dialled == [] and self.knocks() == 0


def _waiting(door: socket.socket) -> int:
    number = 0
    try:
        while True:
            door.accept()[0].close()
            number += 1
    except BlockingIOError:
        return number


@pytest.fixture
def doorbell(monkeypatch: pytest.MonkeyPatch) -> Iterator[Doorbell]:
    with ExitStack() as closing:
        doorbell = Doorbell([closing.enter_context(each) for each in _listening()])
        connect = socket.socket.connect

        def noted(self: socket.socket, address: tuple[str, int]) -> None:
            if address[0] not in doorbell.open:
                doorbell.dialled.append(address[0])
                raise ConnectionRefusedError  # whatever happens, a test calls no stranger
            connect(self, address)

        monkeypatch.setattr(socket.socket, "connect", noted)
        yield doorbell


def _listening() -> Iterator[socket.socket]:
    first = socket.create_server(("", 0), backlog=128)
    first.setblocking(False)
    yield first
    try:
        second = socket.create_server(("::", first.getsockname()[1]), family=socket.AF_INET6)
    except OSError:  # the kernel has no IPv6
        return
    second.setblocking(False)
    yield second


class Liar:
    """A resolver in a stranger's hands: each name is the address that he wants to reach."""

    def __init__(self, *answers: Sequence[str]) -> None:
        """One after the other; the last stays."""
        self._answers = list(answers)

    async def __call__(self, host: str, port: int) -> Sequence[str]:
        if number := read_as_number(host, port):
            return number
        return self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]


def ignore(part: float) -> None:
    pass


async def fetched(fetcher: UrlFetcher, url: str, folder: Path) -> None:
    await fetcher.fetch(url, folder / "medium", ignore)


async def let_in(attempts: Sequence[Attempt]) -> list[str]:
    """Those of them that are not refused."""
    passed = []
    for name, attempt in attempts:
        try:
            await attempt
        except (Forbidden, InvalidRequest):
            continue
        except Exception as error:
            passed.append(f"{name}: {error!r}")
        else:
            passed.append(name)
    return passed


def test_there_are_three_hundred_spellings() -> None:
    assert len({host for host, _ in SPELLINGS}) >= 300
    assert len(set(LITERALS)) >= 100


async def test_no_spelling_in_a_url_is_taken(doorbell: Doorbell, tmp_path: Path) -> None:
    attempts: list[Attempt] = []
    for host, address in SPELLINGS:
        url = f"http://{host}:{doorbell.port}/medium.mp4"
        fetcher = UrlFetcher(max_bytes=100, resolver=Liar([address]), tls=TLS)
        attempts += [(f"vet {host!r}", fetcher.vet(url))]
        attempts += [(f"fetch {host!r}", fetched(fetcher, url, tmp_path))]
    assert await let_in(attempts) == []
    assert doorbell.silent()


async def test_no_spelling_in_a_webhook_is_called(doorbell: Doorbell) -> None:
    attempts: list[Attempt] = []
    for host, address in SPELLINGS:
        poster = UrlPoster(timeout=TIMEOUT, resolver=Liar([address]), tls=TLS)
        attempts += [(repr(host), poster.post(f"http://{host}:{doorbell.port}/", {}, b"{}"))]
    assert await let_in(attempts) == []
    assert doorbell.silent()


async def test_no_spelling_in_a_redirect_is_followed(doorbell: Doorbell, tmp_path: Path) -> None:
    doorbell.open.add(OUTSIDE)
    async with sending_on(doorbell.port) as outside:
        for number, (_, address) in enumerate(SPELLINGS):
            fetcher = UrlFetcher(
                max_bytes=100,
                allowed_networks=[f"{OUTSIDE}/32"],
                resolver=Liar([address]),
                tls=TLS,
            )
            with pytest.raises((Forbidden, SourceError)):
                await fetched(fetcher, f"http://{OUTSIDE}:{outside.port}/{number}", tmp_path)
        assert outside.asked == len(SPELLINGS)
    assert doorbell.silent()


async def test_a_name_that_leads_inside_once_it_is_vetted_is_not_followed(
    doorbell: Doorbell, tmp_path: Path
) -> None:
    attempts: list[Attempt] = []
    for address in LITERALS:
        url = f"http://rebind.example:{doorbell.port}/medium.mp4"
        for second in ([address], [PUBLIC, address], [address, PUBLIC]):
            fetcher = UrlFetcher(max_bytes=100, resolver=Liar([PUBLIC], second), tls=TLS)
            await fetcher.vet(url)
            attempts += [(f"fetch {second}", fetched(fetcher, url, tmp_path))]
            poster = UrlPoster(timeout=TIMEOUT, resolver=Liar(second), tls=TLS)
            attempts += [(f"post {second}", poster.post(url, {}, b"{}"))]
    assert await let_in(attempts) == []
    assert doorbell.silent()


@pytest.mark.parametrize("host", ["127.0.0.1", "0x7f.1", "2130706433", "[::ffff:7f00:1]", "name"])
async def test_whoever_is_let_in_by_the_operator_does_knock(
    doorbell: Doorbell, tmp_path: Path, host: str
) -> None:
    doorbell.open |= {"127.0.0.1", "::ffff:127.0.0.1", "::ffff:7f00:1"}
    fetcher = UrlFetcher(
        max_bytes=100,
        allowed_networks=["127.0.0.1/32"],
        resolver=Liar(["127.0.0.1"]),
        limits=TimeLimits(head=1.0),
        tls=TLS,
    )
    with pytest.raises(SourceError):  # nobody answers the door
        await fetched(fetcher, f"http://{host}:{doorbell.port}/", tmp_path)
    assert doorbell.knocks() == 1


class Outside:
    """A server that sends the caller of `/3` on to the third spelling."""

    def __init__(self, port_inside: int) -> None:
        self._inside = port_inside
        self.asked, self.port = 0, 0

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            request = await reader.readuntil(b"\r\n\r\n")
            host, _ = SPELLINGS[int(request.split()[1].strip(b"/"))]
            self.asked += 1
            place = f"http://{host}:{self._inside}/".encode()
            head = b"HTTP/1.1 302 Found\r\nContent-Length: 0\r\nLocation: %s\r\n\r\n"
            writer.write(head % place)
            await writer.drain()
        finally:
            writer.close()


@asynccontextmanager
async def sending_on(port_inside: int) -> AsyncIterator[Outside]:
    outside = Outside(port_inside)
    server = await asyncio.start_server(outside.answer, OUTSIDE, 0)
    outside.port = server.sockets[0].getsockname()[1]
    try:
        yield outside
    finally:
        server.close()
        await server.wait_closed()
