"""Bytes on a socket that were meant for HTTP."""

import re
import socket
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

from scripts.fuzz_drive import PLANNED, Kind
from scripts.fuzz_report import Failure, Tally
from scripts.fuzz_requests import plain, spoilt
from scripts.fuzz_yard import Yard

CLIENTS = 32  # at a time: many only wait until the service has had enough
PATIENCE = 20.0  # seconds for an answer and its end: the service's own clocks run out sooner
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


def attempt(yard: Yard, numbers: Sequence[int], tally: Tally) -> Iterator[Failure]:
    requests = plain(f"127.0.0.1:{yard.spool.port}")
    sent = []
    for number in numbers:
        chance = yard.chance("raw", number)
        sent.append(spoilt(chance, requests[number % len(requests)]))
    with ThreadPoolExecutor(CLIENTS) as clients:
        answers = clients.map(lambda content: _answer(yard.spool.port, content), sent)
        for number, content, answer in zip(numbers, sent, answers, strict=True):
            for why in _wrong(answer, tally):
                yield Failure(where=str(number), why=why, sent=content)


def _answer(port: int, content: bytes) -> bytes | None:
    """Until it is closed, or for as long as we wait; None when nothing came in that time."""
    deadline, said = time.monotonic() + PATIENCE, b""
    with suppress(ConnectionError), socket.create_connection(("127.0.0.1", port), PATIENCE) as line:
        with suppress(ConnectionError, TimeoutError):  # refused while it was sent: that is read
            line.sendall(content)
        while len(said) < ENOUGH and time.monotonic() < deadline:
            try:
                part = line.recv(65536)
            except TimeoutError:
                return said or None
            if not part:
                return said
            said += part
    return said


def _wrong(answer: bytes | None, tally: Tally) -> Iterator[str]:
    if answer is None:
        yield f"neither answered nor closed within {PATIENCE:g} s"
        return
    statuses = [int(status) for status in STATUS.findall(answer)]
    tally.tried[f"answered {statuses[0] // 100}xx" if statuses else "closed without a word"] += 1
    for status in statuses:
        if status >= 500 and status not in PLANNED | {UNKNOWN_CODING}:
            yield f"{status}: {answer[:300]!r}"


RAW = Kind(
    name="raw",
    about="raw HTTP requests",
    usual=200_000,
    at_once=200,
    attempt=attempt,
    settings=SHORT_CLOCKS,
)
