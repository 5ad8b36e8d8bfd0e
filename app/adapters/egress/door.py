"""The way out of the house: URLs in, connections to vetted addresses out.

A name is resolved once for a request, every answer is vetted, and the connection goes to a
vetted address, not to the name again: what DNS says a moment later does not matter.
"""

import asyncio
import re
import socket
import ssl
from collections.abc import Awaitable, Callable, Sequence

import httpx2

from app.adapters.egress.addresses import Network, is_allowed
from app.domain.errors import Forbidden, InvalidRequest, SourceUnreachable
from app.domain.webhooks import without_secrets

#: Host and port to literal addresses. Raises OSError.
Resolver = Callable[[str, int], Awaitable[Sequence[str]]]

MAX_URL = 4096  # characters
#: Names and IPv4 addresses, or IPv6 ones; the URL parser lets anything through, escaped.
HOST = re.compile(r"[A-Za-z0-9._-]+|[0-9A-Fa-f.]*:[0-9A-Fa-f:.]*(%[A-Za-z0-9._-]+)?")


async def resolve(host: str, port: int) -> Sequence[str]:
    """As the system does it, which also reads every odd spelling of an IPv4 address."""
    loop = asyncio.get_running_loop()
    found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(address[0]) for *_, address in found))


class Door:
    """Names in, vetted addresses out."""

    def __init__(self, allowed: Sequence[Network], resolver: Resolver) -> None:
        self._allowed = allowed
        self._resolver = resolver

    async def addresses(self, url: httpx2.URL) -> Sequence[str]:
        """All of them must pass: one bad answer among good ones is how names are abused."""
        port = url.port or (443 if url.scheme == "https" else 80)
        try:
            found = await self._resolver(_host(url), port)
        except (OSError, UnicodeError) as error:
            raise SourceUnreachable("the host name cannot be resolved") from error
        if not found:
            raise SourceUnreachable("the host name cannot be resolved")
        if not all(is_allowed(address, self._allowed) for address in found):
            raise Forbidden(
                "the URL does not lead to a public address",
                hint="the operator can allow networks: app.ingestion.allowed_networks",
            )
        return found


class VettedTransport(httpx2.AsyncBaseTransport):
    """Dials the vetted address; Host header, SNI and certificate check keep the name."""

    def __init__(self, door: Door, tls: ssl.SSLContext | None) -> None:
        self._door = door
        # Connections are not kept: two names at one address must not share one.
        self._inner = httpx2.AsyncHTTPTransport(
            verify=tls or True,
            trust_env=False,
            limits=httpx2.Limits(max_keepalive_connections=0),
        )

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        *others, last = await self._door.addresses(request.url)
        for address in others:
            try:
                return await self._inner.handle_async_request(_dialled(request, address))
            except (httpx2.ConnectError, httpx2.ConnectTimeout):
                continue
        return await self._inner.handle_async_request(_dialled(request, last))

    async def aclose(self) -> None:
        await self._inner.aclose()


def _dialled(request: httpx2.Request, address: str) -> httpx2.Request:
    return httpx2.Request(
        request.method,
        request.url.copy_with(host=address),
        headers=request.headers,
        stream=request.stream,
        extensions={**request.extensions, "sni_hostname": _host(request.url)},
    )


def read_url(text: str) -> httpx2.URL:
    """Raises InvalidRequest unless this is an http(s) URL with a host and without a password."""
    try:
        url = httpx2.URL(text) if len(text) <= MAX_URL else None
    except (httpx2.InvalidURL, ValueError) as error:
        raise InvalidRequest(f"not a URL: {error}") from error
    if url is None or url.scheme not in ("http", "https") or not HOST.fullmatch(_host(url)):
        raise InvalidRequest(f"not an http or https URL: {without_secrets(text)[:200]}")
    if url.port is not None and not 0 < url.port < 65536:
        raise InvalidRequest(f"no such port: {url.port}")
    if url.userinfo:
        raise InvalidRequest("a URL with user name or password is not taken")
    return url


def _host(url: httpx2.URL) -> str:
    return url.raw_host.decode("ascii").strip("[]")
