"""The way out of the house: URLs in, connections to vetted addresses out.

A name is resolved once for a request, every answer is vetted, and the connection goes to a
vetted address, not to the name again: what DNS says a moment later does not matter.
"""

import re
import ssl
from collections.abc import Sequence
from itertools import zip_longest

import httpx2

from app.adapters.egress.addresses import is_allowed, is_opened, read_networks
from app.adapters.egress.names import Names, Resolver
from app.adapters.egress.ports import may_be_called
from app.domain.errors import Forbidden, InvalidRequest, SourceUnreachable
from app.domain.webhooks import without_secrets

MAX_URL = 4096  # characters
MOST_TRIED = 8  # addresses of one name: DNS may list thousands, and each may keep silent
PATIENCE = 3.0  # seconds for one of them to be connected to, while there are others
#: Names and IPv4 addresses, or IPv6 ones; the URL parser lets anything through, escaped.
HOST = re.compile(r"[A-Za-z0-9._-]+|[0-9A-Fa-f.]*:[0-9A-Fa-f:.]*(%[A-Za-z0-9._-]+)?")


class Door:
    """Names in, vetted addresses out."""

    def __init__(
        self,
        networks: Sequence[str] = (),
        ports: Sequence[int] = (),
        resolver: Resolver | None = None,
    ) -> None:
        """`networks`: CIDRs allowed besides public addresses, with all their ports. `ports`: none
        but these elsewhere; see `ports.may_be_called`. Raises ConfigError on a CIDR that is none.
        """
        self._networks, self._ports = read_networks(networks), frozenset(ports)
        self._resolver = resolver or Names()

    async def addresses(self, url: httpx2.URL) -> Sequence[str]:
        """All of them must pass: one bad answer among good ones is how names are abused.

        Raises Forbidden, SourceUnreachable.
        """
        port = url.port or (443 if url.scheme == "https" else 80)
        found = await self._resolved(_host(url), port)
        if not all(is_allowed(address, self._networks) for address in found):
            raise Forbidden(
                "the URL does not lead to a public address",
                hint="the operator can allow networks: app.ingestion.allowed_networks",
            )
        if not all(self._may_be_called(address, port) for address in found):
            raise Forbidden(
                f"the URL leads to port {port}, where no web server is expected",
                hint="the operator can allow ports: app.ingestion.allowed_ports",
            )
        return _in_turns(found)[:MOST_TRIED]

    async def _resolved(self, host: str, port: int) -> Sequence[str]:
        try:
            found = await self._resolver(host, port)
        except TimeoutError as error:
            raise SourceUnreachable("the host name is not resolved in time") from error
        except (OSError, UnicodeError) as error:
            raise SourceUnreachable("the host name cannot be resolved") from error
        if not found:
            raise SourceUnreachable("the host name cannot be resolved")
        return found

    def _may_be_called(self, address: str, port: int) -> bool:
        return is_opened(address, self._networks) or may_be_called(address, port, self._ports)


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
                return await self._inner.handle_async_request(_tried(request, address))
            except (httpx2.ConnectError, httpx2.ConnectTimeout):
                continue
        return await self._inner.handle_async_request(_dialled(request, last))

    async def aclose(self) -> None:
        await self._inner.aclose()


def _in_turns(addresses: Sequence[str]) -> list[str]:
    """Of both families, in the system's order: in many a network one of them leads nowhere."""
    family = ":" in addresses[0]
    one = [address for address in addresses if (":" in address) == family]
    other = [address for address in addresses if (":" in address) != family]
    return [address for pair in zip_longest(one, other) for address in pair if address]


def _tried(request: httpx2.Request, address: str) -> httpx2.Request:
    """One that keeps silent must not use up the time of those behind it."""
    dialled = _dialled(request, address)
    times = dialled.extensions["timeout"]
    hurried = {**times, "connect": min(times["connect"] / 2, PATIENCE)}
    dialled.extensions = {**dialled.extensions, "timeout": hurried}
    return dialled


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
