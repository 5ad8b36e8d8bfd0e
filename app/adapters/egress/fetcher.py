"""Downloads from URLs that clients name: from public addresses only, with limits on everything."""

import asyncio
import os
import ssl
import uuid
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import BinaryIO

import httpx2

from app.adapters.egress.door import Door, VettedTransport, read_url
from app.adapters.egress.names import Resolver
from app.adapters.egress.pace import Pace, TimeLimits, paced
from app.domain.errors import (
    Forbidden,
    InvalidRequest,
    SourceGone,
    SourceUnreachable,
    TooLarge,
)
from app.domain.system_errors import refused
from app.ports import Progress, Reserve

MAX_REDIRECTS = 5
CHUNK = 256 * 1024  # bytes written at once
REDIRECTS = frozenset({301, 302, 303, 307, 308})
#: Refusals that pass: too early, too many requests, too slow.
PASSING = frozenset({408, 425, 429})
#: Content-Encodings of bytes as they are; some servers name none, but do name it.
PLAIN = frozenset({"", "identity"})
#: Of a server; ValueError is what the library makes of some cookies and redirects.
FAILURES = (httpx2.HTTPError, httpx2.InvalidURL, ssl.SSLError, ValueError)
HEADERS = {"Accept": "*/*", "Accept-Encoding": "identity", "User-Agent": "spool"}


class UrlFetcher:
    def __init__(
        self,
        *,
        max_bytes: int,
        allowed_networks: Sequence[str] = (),
        allowed_ports: Sequence[int] = (),
        reserve: Reserve | None = None,
        resolver: Resolver | None = None,
        limits: TimeLimits | None = None,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        """`allowed_networks`, `allowed_ports`: as `Door` has them. `reserve`: None fills the disk.
        `tls`: None trusts what the system trusts. Raises ConfigError on a CIDR that is none."""
        self._max_bytes, self._reserve = max_bytes, reserve
        self._door = Door(allowed_networks, allowed_ports, resolver)
        self._limits = limits or TimeLimits()
        self._tls = tls

    async def vet(self, url: str) -> None:
        """A name that does not resolve now passes: the download will tell."""
        parsed = read_url(url)
        try:
            async with asyncio.timeout(self._limits.connect):
                await self._door.addresses(parsed)
        except (SourceUnreachable, TimeoutError):
            return

    async def fetch(self, url: str, target: Path, progress: Progress) -> int:
        """What is at `target` is whole: a download that fails leaves nothing."""
        part = target.with_name(f".{uuid.uuid4().hex}.part")  # as the store sweeps them
        try:
            async with asyncio.timeout(self._limits.total):
                size = await self._download(read_url(url), part, progress)
            part.replace(target)
            return size
        except TimeoutError as error:
            raise SourceUnreachable(f"not done within {self._limits.total:g} s") from error
        except FAILURES as error:
            raise SourceUnreachable(f"the source failed: {_reason(error)}") from error
        except OSError as error:
            raise refused(error, "the download cannot be stored") from error
        finally:
            part.unlink(missing_ok=True)

    async def _download(self, url: httpx2.URL, part: Path, progress: Progress) -> int:
        with part.open("wb", buffering=CHUNK) as file:
            async with (
                paced(self._limits) as pace,
                self._client() as client,
                _followed(client, url) as response,
            ):
                size = await self._save(response, file, pace, progress)
            await asyncio.to_thread(_settle, file.fileno(), file.flush)
        return size

    async def _save(
        self, response: httpx2.Response, file: BinaryIO, pace: Pace, progress: Progress
    ) -> int:
        declared, size = int(response.headers.get("Content-Length", "0")), 0
        self._check_size(declared)
        if self._reserve is not None:
            self._reserve.require(declared)
        pace.heard(0)
        async for chunk in self._guarded(response.aiter_raw()):
            size += len(chunk)
            self._check_size(size)
            file.write(chunk)
            pace.heard(len(chunk))
            if declared:
                progress(min(size / declared, 1.0))
        return size

    def _guarded(self, chunks: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
        return chunks if self._reserve is None else self._reserve.guarded(chunks)

    def _client(self) -> httpx2.AsyncClient:
        """Fresh for each download: no connection or cookie of one is there for the next."""
        timeout = httpx2.Timeout(self._limits.read, connect=self._limits.connect)
        return httpx2.AsyncClient(
            transport=VettedTransport(self._door, self._tls),
            headers=HEADERS,
            timeout=timeout,
            trust_env=False,
            follow_redirects=False,
        )

    def _check_size(self, size: int) -> None:
        if size > self._max_bytes:
            raise TooLarge(f"the source is over the limit of {self._max_bytes} bytes")


@asynccontextmanager
async def _followed(client: httpx2.AsyncClient, url: httpx2.URL) -> AsyncIterator[httpx2.Response]:
    """The answer at the end of the redirects, its body still to be read."""
    for _ in range(MAX_REDIRECTS + 1):
        async with client.stream("GET", url) as response:
            if response.status_code not in REDIRECTS:
                _require_body(response)
                yield response
                return
            url = _next_url(url, response)
    raise SourceGone(f"more than {MAX_REDIRECTS} redirects")


def _next_url(url: httpx2.URL, response: httpx2.Response) -> httpx2.URL:
    location = response.headers.get("Location", "")
    try:
        following = read_url(str(url.join(location)))
    except (InvalidRequest, httpx2.InvalidURL) as error:
        raise SourceGone("the source redirects to what is no http URL") from error
    if url.scheme == "https" and following.scheme == "http":
        raise Forbidden("the source redirects from https to http")
    return following


def _require_body(response: httpx2.Response) -> None:
    status = response.status_code
    if status >= 500 or status in PASSING:
        raise SourceUnreachable(f"the source answered {status}")
    if status != httpx2.codes.OK:
        raise SourceGone(f"the source answered {status}")
    if response.headers.get("Content-Encoding", "").strip().lower() not in PLAIN:
        raise SourceGone("the source sends packed data, although asked not to")


def _settle(descriptor: int, flush: Callable[[], None]) -> None:
    flush()
    os.fsync(descriptor)


def _reason(error: Exception) -> str:
    return str(error) or type(error).__name__
