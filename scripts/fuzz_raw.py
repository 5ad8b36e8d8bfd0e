"""Bytes on a socket that were meant for HTTP."""

import asyncio
import re
import socket
import struct
from collections.abc import Iterator, Sequence
from contextlib import suppress

from scripts.fuzz_drive import PLANNED, Kind, told
from scripts.fuzz_report import Failure, Tally
from scripts.fuzz_requests import UPLOADS, plain, spoilt
from scripts.fuzz_yard import Yard

CLIENTS = 150  # at a time: half of them only wait until the service has had enough
PATIENCE = 60.0  # seconds for an answer and its end, also on a busy machine
ENOUGH = 1 << 20  # bytes of an answer
STATUS = re.compile(rb"HTTP/1\.1 (\d{3}) ")
#: Half of the requests have no end.
SHORT_CLOCKS = {
    "APP__SERVER__HEADER_TIMEOUT": "1",
    "APP__SERVER__BODY_TIMEOUT": "1",
    "APP__SERVER__KEEP_ALIVE_TIMEOUT": "1",
}
#: A coding of transfer that HTTP knows and nobody here does: RFC 9112, 6.1.
UNKNOWN_CODING = 501
#: Closed at once: else the system would keep a place for each for a minute, by the ten thousand.
AT_ONCE = struct.pack("ii", 1, 0)


def attempt(yard: Yard, numbers: Sequence[int], tally: Tally) -> Iterator[Failure]:
    requests = plain(f"127.0.0.1:{yard.spool.port}", _upload(yard))
    sent = [
        spoilt(yard.chance("raw", number), requests[number % len(requests)]) for number in numbers
    ]
    answers = asyncio.run(_answers(yard.spool.port, sent))
    for number, content, answer in zip(numbers, sent, answers, strict=True):
        for why in wrong(answer, tally):
            yield Failure(where=str(number), why=why, sent=content)


def _upload(yard: Yard) -> str:
    """Begun, and larger than all that will be sent."""
    told = {"Tus-Resumable": "1.0.0", "Upload-Length": str(1 << 30)}
    answer = yard.spool.http.post(UPLOADS, headers=told)
    assert answer.status_code == 201, answer.text
    return answer.headers["Location"].rpartition("/")[2]


async def _answers(port: int, sent: Sequence[bytes]) -> list[bytes | None]:
    clients = asyncio.Semaphore(CLIENTS)

    async def one(content: bytes) -> bytes | None:
        async with clients:
            return await _answer(port, content)

    return await asyncio.gather(*map(one, sent))


async def _answer(port: int, content: bytes) -> bytes | None:
    """Until it is closed, or for as long as we wait; None when nothing came in that time.

    Raises OSError when there is nobody to connect to.
    """
    said = bytearray()
    try:
        async with asyncio.timeout(PATIENCE):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            try:
                writer.write(content)
                while len(said) < ENOUGH and (part := await _part(reader)):
                    said += part
            finally:
                _hang_up(writer)
    except TimeoutError:
        return bytes(said) or None
    return bytes(said)


def _hang_up(writer: asyncio.StreamWriter) -> None:
    with suppress(OSError):  # it was reset: closed already
        writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, AT_ONCE)
    writer.transport.abort()


async def _part(reader: asyncio.StreamReader) -> bytes:
    """Whoever was refused while it was sent may be cut: what was said before is read."""
    try:
        return await reader.read(65536)
    except ConnectionError:
        return b""


def wrong(answer: bytes | None, tally: Tally) -> Iterator[str]:
    if answer is None:
        yield f"neither answered nor closed within {PATIENCE:g} s"
        return
    statuses = [int(status) for status in STATUS.findall(answer)]
    tally.tried[told(statuses[0]) if statuses else "closed without a word"] += 1
    for status in statuses:
        if status >= 500 and status not in PLANNED | {UNKNOWN_CODING}:
            yield f"{status}: {answer[:300]!r}"


RAW = Kind(
    name="raw",
    about="raw HTTP requests",
    usual=200_000,
    at_once=5000,
    attempt=attempt,
    settings=SHORT_CLOCKS,
)
