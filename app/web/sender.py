"""From where a request comes: its address, and what a browser says. Others say nothing."""

import ipaddress

from starlette.datastructures import Headers
from starlette.types import Scope

#: Methods that change nothing.
SAFE = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})
DEFAULT_PORTS = {"http": ":80", "https": ":443"}
#: Bits of an IPv6 address that its owner cannot choose.
NETWORK = 64


def from_elsewhere(headers: Headers) -> bool:
    """Whether a page of another origin sends this; another port of the same machine is another."""
    origin, site = headers.get("origin"), headers.get("sec-fetch-site")
    if site is not None:
        return site not in ("same-origin", "none")
    return origin is not None and not _same(origin, headers.get("host", ""))


def from_our_own(method: str, headers: Headers) -> bool:
    """Whether one of our own pages sends this, or somebody who follows a link to one.

    What changes something needs a browser's word for it. Over plain http it says nothing of
    reading: so what a page elsewhere embeds passes, and that page cannot look at the answer.
    """
    if from_elsewhere(headers):
        return method in SAFE and _opens_a_page(headers)
    return method in SAFE or "origin" in headers or "sec-fetch-site" in headers


def _opens_a_page(headers: Headers) -> bool:
    """In a tab of its own: no picture, no script, no frame."""
    asked = headers.get("sec-fetch-mode"), headers.get("sec-fetch-dest")
    return asked == ("navigate", "document")


def _same(origin: str, host: str) -> bool:
    """`null`, the origin of nowhere, is nobody's. A proxy may have changed the scheme."""
    scheme, _, place = origin.lower().partition("://")
    port = DEFAULT_PORTS.get(scheme, "")
    return bool(place) and place.removesuffix(port) == host.lower().removesuffix(port)


def address(scope: Scope) -> str:
    """Of the client; an IPv6 network counts as one, for its owner has all addresses in it."""
    client = scope.get("client")
    if client is None:
        return "local"
    try:
        found = ipaddress.ip_address(client[0].partition("%")[0])
    except ValueError:
        return str(client[0])
    if isinstance(found, ipaddress.IPv4Address):
        return str(found)
    if found.ipv4_mapped is not None:
        return str(found.ipv4_mapped)
    return str(ipaddress.ip_network((found, NETWORK), strict=False))
