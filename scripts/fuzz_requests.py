"""Requests as bytes: one for each door and method, and what may be wrong with it."""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from random import Random

from app.web.operation import FORM, JSON
from app.web.table import DOORS
from scripts.fuzz_bytes import CHANGES, changed

NOWHERE = "00000000-0000-4000-8000-000000000000"
BOUNDARY = "fuzz-boundary"
FILE = (
    f"--{BOUNDARY}\r\nContent-Disposition: form-data; name=file; filename=x.wav\r\n\r\n"
    f"no sound\r\n--{BOUNDARY}--\r\n"
).encode()
#: Goes on until the client hangs up, unless it is told when to stop.
ENDLESS = "/api/debug-ingestion"
UPLOADS = "/api/v1/uploads"
#: What each request says that is about an upload; a body here has as many bytes, or none.
OF_UPLOADS = ("Tus-Resumable: 1.0.0", "Upload-Offset: 0", "Upload-Length: 8")
METHODS = (b"GET", b"HEAD", b"PUT", b"OPTIONS", b"TRACE", b"CONNECT", b"BREW", b"get", b"", b"\xff")
TARGETS = (
    *(b"*", b"/", b"//", b"", b"/%00", b"/%ff", b"/..", b"/page/../../x", b"http://[::1", b"?"),
    *(b"http://a.example/", b"/" + b"a" * 70_000, b"/?" + b"a=1&" * 5000, b"/\xc3\xa9", b"/ /"),
    *(b"/health?%", b"/health#x", b"/v1/models/%2e%2e%2f", b"/shared/%F0%9F%8E%AC", b"\\"),
)
VERSIONS = (b"HTTP/1.0", b"HTTP/2.0", b"HTTP/0.9", b"HTTP/9.9", b"HTTP/1.1 ", b"", b"http/1.1")
ODD = (
    *(b"Transfer-Encoding: chunked", b"Transfer-Encoding: chunked, identity", b"Host: a.example"),
    *(b"Transfer-Encoding : chunked", b"Transfer-Encoding: \x0bchunked", b"Content-Length: -1"),
    *(b"Content-Length: 0", b"Content-Length: 5", b"Content-Length: 99999999999999999999"),
    *(b"Content-Length: 1e3", b"Content-Length: 5, 5", b"Content-Length: +5", b"Host:"),
    *(b"Expect: 100-continue", b"Expect: 200-ok", b"Upgrade: websocket", b"Upgrade: h2c"),
    *(b"Range: bytes=" + b"0-1," * 500, b"Range: bytes=-1", b"Range: bytes=9-1", b"Connection: x"),
    *(b"Content-Encoding: gzip", b"Accept: \xff", b"Accept-Encoding: " + b"gzip," * 999, b": x"),
    *(b"X-Forwarded-For: 10.0.0.1", b"X-Forwarded-Host: a.example", b"Forwarded: for=\"[::1\""),
    *(b"Authorization: Bearer \xff", b"Authorization: Basic =", b"Cookie: =;=;\x01", b" folded: 1"),
    *(b"Origin: null", b"Origin: http://a.example", b"Sec-Fetch-Site: cross-site", b"no colon"),
    *(b"If-None-Match: \"" + b"a" * 9000 + b"\"", b"If-Modified-Since: never", b"X\0Y: 1"),
    *(b"Content-Type: application/json; charset=utf-7", b"Content-Type: multipart/form-data"),
    *(b"Content-Type: text/plain", b"Idempotency-Key: \xf0\x9f\x8e\xac", b"Last-Event-ID: x\xff"),
    *(b"Tus-Resumable: 9", b"Upload-Offset: -1", b"Upload-Checksum: sha1 =", b"Host: \0"),
    *(b"X: " + b"y" * 70_000, b"Range:"),
)  # fmt: skip
SIZES = (b"0", b"-1", b"f" * 17, b"z", b"5;a=b", b"")
LAST = (b"0\r\n\r\n", b"0\r\nA: b\r\n\r\n", b"")
ENDS = (b"\n", b"\r", b"\r\r\n", b"\r\n ", b"\0\r\n")


@dataclass(frozen=True)
class Asked:
    method: bytes
    target: bytes
    version: bytes
    headers: Sequence[bytes]
    body: bytes
    end: bytes = b"\r\n"

    def __bytes__(self) -> bytes:
        first = b" ".join((self.method, self.target, self.version))
        return self.end.join((first, *self.headers, b"", b"")) + self.body


def plain(host: str, upload_id: str = NOWHERE) -> list[Asked]:
    """One for each door and method, with no fault but that it means little.

    `upload_id`: one that may be written to; no plain request gives it up.
    """
    return [
        _asked(method, _path(method, door.path, upload_id), host, tuple(operation.body))
        for door in DOORS
        for method, operation in door.operations.items()
    ]


def _path(method: str, path: str, upload_id: str) -> str:
    if method != "DELETE":
        path = path.replace("{upload_id}", upload_id)
    return re.sub(r"\{[^}]*\}", NOWHERE, path)


def _asked(method: str, path: str, host: str, kinds: Sequence[str]) -> Asked:
    target = f"{path}?count=1&interval=0.05" if path == ENDLESS else path
    kind, body = _content(kinds)
    headers = [f"Host: {host}", "Connection: close"]
    if path.startswith(UPLOADS):
        headers += OF_UPLOADS
    if kind:
        headers += [f"Content-Type: {kind}", f"Content-Length: {len(body)}"]
    lines = tuple(line.encode() for line in headers)
    return Asked(method.encode(), target.encode(), b"HTTP/1.1", lines, body)


def _content(kinds: Sequence[str]) -> tuple[str, bytes]:
    if JSON in kinds:
        return JSON, json.dumps({"q": "word", "path": "x.wav"}).encode()
    if FORM in kinds:
        return f"{FORM}; boundary={BOUNDARY}", FILE
    return (kinds[0], b"no sound") if kinds else ("", b"")


def spoilt(chance: Random, asked: Asked) -> bytes:
    """Some parts of it, and then perhaps its bytes."""
    for _ in range(chance.randint(1, 3)):
        asked = chance.choice(SPOILERS)(chance, asked)
    sent = bytes(asked)
    return changed(chance, sent, CHANGES, most=2) if chance.random() < 0.4 else sent


def _method(chance: Random, asked: Asked) -> Asked:
    return replace(asked, method=chance.choice(METHODS))


def _target(chance: Random, asked: Asked) -> Asked:
    if chance.random() < 0.5:
        return replace(asked, target=chance.choice(TARGETS))
    return replace(asked, target=changed(chance, asked.target, CHANGES, most=1)[:80_000])


def _version(chance: Random, asked: Asked) -> Asked:
    return replace(asked, version=chance.choice(VERSIONS))


def _header(chance: Random, asked: Asked) -> Asked:
    place = chance.randint(0, len(asked.headers))
    headers = (*asked.headers[:place], chance.choice(ODD), *asked.headers[place:])
    return replace(asked, headers=headers)


def _many_headers(chance: Random, asked: Asked) -> Asked:
    more = [b"X-%d: y" % number for number in range(chance.choice((10, 500, 5000)))]
    return replace(asked, headers=(*asked.headers, *more))


def _less(chance: Random, asked: Asked) -> Asked:
    left_out = chance.randrange(len(asked.headers) or 1)
    kept = [line for number, line in enumerate(asked.headers) if number != left_out]
    return replace(asked, headers=tuple(kept))


def _ends(chance: Random, asked: Asked) -> Asked:
    return replace(asked, end=chance.choice(ENDS))


def _body(chance: Random, asked: Asked) -> Asked:
    return replace(asked, body=changed(chance, asked.body, CHANGES) if asked.body else b"{" * 2000)


def _chunked(chance: Random, asked: Asked) -> Asked:
    """With sizes that are right, wrong, huge or none."""
    size = chance.choice((b"%x" % len(asked.body), *SIZES))
    body = size + b"\r\n" + asked.body + b"\r\n" + chance.choice(LAST)
    headers = [line for line in asked.headers if not line.startswith(b"Content-Length")]
    return replace(asked, headers=(*headers, b"Transfer-Encoding: chunked"), body=body)


def _two(chance: Random, asked: Asked) -> Asked:
    """One more behind it."""
    return replace(asked, body=asked.body + b"GET /health HTTP/1.1\r\nHost: a\r\n\r\n" * 2)


SPOILERS = (
    *(_method, _target, _version, _header, _header, _header, _many_headers, _less, _ends, _body),
    *(_chunked, _two),
)
