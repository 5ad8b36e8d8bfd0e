"""The clocks of the edge, over an application that never answers by itself."""

import asyncio
import socket
import struct
from collections.abc import AsyncIterator

import pytest
import uvicorn
from starlette.types import Receive, Scope, Send

from app.server.edge import EdgeProtocol, protocol
from app.server.places import PART
from app.server.proxies import Proxies
from app.server.terms import Edge

EDGE = Edge(
    max_connections=9,
    max_header_bytes=8192,
    header_timeout=5.0,
    body_timeout=0.5,
    proxies=Proxies("127.0.0.2"),
)
PATIENCE = 30.0  # seconds
SHARE = EDGE.max_connections // PART
REQUEST = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"
FULL = b"HTTP/1.1 503 "


class Waits:
    """A long poll: until the client hangs up."""

    def __init__(self) -> None:
        self.asked = asyncio.Event()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.asked.set()
        while (await receive())["type"] != "http.disconnect":
            pass


@pytest.fixture
def waits() -> Waits:
    return Waits()


@pytest.fixture
async def server(waits: Waits) -> AsyncIterator[uvicorn.Server]:
    config = uvicorn.Config(
        waits, lifespan="off", ws="none", http=protocol(EDGE), log_config=None, access_log=False
    )
    server = uvicorn.Server(config)
    with socket.create_server(("127.0.0.1", 0)) as door:
        serving = asyncio.create_task(server.serve([door]))
        server.config.port = door.getsockname()[1]
        yield server
        server.should_exit = True
        await serving


@pytest.fixture
def port(server: uvicorn.Server) -> int:
    return server.config.port


async def said(port: int, request: bytes) -> tuple[bytes, bytes]:
    """Head and body of what is answered until the service hangs up."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(request)
    async with asyncio.timeout(PATIENCE):
        head, _, body = (await reader.read()).partition(b"\r\n\r\n")
    writer.close()
    await writer.wait_closed()
    return head, body


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST"])
async def test_who_waits_for_an_answer_must_still_send_the_body_that_was_announced(
    port: int, method: str
) -> None:
    request = f"{method} / HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n"
    head, body = await said(port, request.encode())
    assert head.startswith(b"HTTP/1.1 408 ")
    assert (b"request.timeout" in body) == (method != "HEAD")


async def test_a_client_that_goes_just_as_we_hang_up_is_no_fault(
    waits: Waits, server: uvicorn.Server
) -> None:
    client = socket.create_connection(("127.0.0.1", server.config.port))
    client.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
    async with asyncio.timeout(PATIENCE):
        await waits.asked.wait()
    client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    client.close()  # with a reset, which our loop has no time to notice
    [connection] = server.server_state.connections
    assert isinstance(connection, EdgeProtocol)
    connection.timeout_keep_alive_handler()
    assert connection.transport.is_closing()


async def test_every_refusal_of_the_edge_tells_browsers_what_it_is(port: int) -> None:
    head, _ = await said(port, b"rubbish\r\n\r\n")
    lines = head.lower().split(b"\r\n")
    assert b"x-content-type-options: nosniff" in lines
    assert b"cross-origin-resource-policy: same-origin" in lines
    assert b"referrer-policy: no-referrer" in lines


Line = tuple[asyncio.StreamReader, asyncio.StreamWriter]


async def served(port: int, waits: Waits, host: str = "127.0.0.1") -> Line:
    """One more who is being served, or it would have to go for the next."""
    waits.asked.clear()
    line = await asyncio.open_connection("127.0.0.1", port, local_addr=(host, 0))
    line[1].write(REQUEST)
    async with asyncio.timeout(PATIENCE):
        await waits.asked.wait()
    return line


async def test_from_one_address_no_more_are_let_in_than_its_share(waits: Waits, port: int) -> None:
    kept = [await served(port, waits) for _ in range(SHARE)]
    head, body = await said(port, REQUEST)
    assert head.startswith(b"HTTP/1.1 503 ") and b"service.full" in body
    kept.append(await served(port, waits, "127.0.0.2"))
    for _, writer in kept:
        writer.close()


async def told(reader: asyncio.StreamReader) -> bytes:
    try:
        return await reader.read()
    except ConnectionResetError:
        return b""


async def test_of_a_flood_of_connections_only_the_first_are_told_why_not(
    waits: Waits, port: int
) -> None:
    """The others would each hold a descriptor until they have read it."""
    kept = [await served(port, waits) for _ in range(SHARE)]
    flood = [await asyncio.open_connection("127.0.0.1", port) for _ in range(10 * SHARE)]
    async with asyncio.timeout(PATIENCE):
        answers = await asyncio.gather(*(told(reader) for reader, _ in flood))
    for _, writer in kept + flood:
        writer.close()
    heads = {answer[: len(FULL)] for answer in answers}
    assert heads == {FULL, b""}
