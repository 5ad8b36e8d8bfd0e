"""Pages in a browser must not reach a local Spool behind the back of the person who sees them.

Two tricks are refused. A page elsewhere sends a request here (the browser says so by `Origin` or
`Sec-Fetch-Site`). A page elsewhere lets its own name point here, so that the browser takes both
for one: then `Host` is a name that is none of ours. Clients that are no browser send neither.
"""

import ipaddress
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from app.domain.errors import Forbidden, Misdirected, SpoolError
from app.web.errors import on_spool_error
from app.web.gate import Gate
from app.web.sender import SAFE, from_elsewhere

#: Methods that pages of allowed origins may use.
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE")
#: Endings of names that nobody on the internet can own, but a neighbour in the network can.
NEIGHBOURS_ENDINGS = (".local", ".internal", ".home.arpa")
#: Headers by which a proxy says for whom it asks.
PROXYS_HEADERS = ("forwarded", "x-forwarded-for", "x-real-ip")
#: No name at all.
NOBODY = "."


class Origins:
    def __init__(self, app: ASGIApp, gate: Gate) -> None:
        self._app = app
        self._allowed = frozenset(gate.cors_origins)
        self._hosts = frozenset(host.lower() for host in gate.allowed_hosts)
        self._own_name, self._neighbours = gate.own_name, gate.neighbours_names
        self._no_proxy = gate.no_proxy
        #: A browser sends a key by itself only to the name under which its cookie was set, and a
        #: password only to the one that it was typed in for. So a name of somebody else that points
        #: here brings no key, and its page can do nothing.
        self._any_host = "*" in self._hosts or (gate.keys_required and not self._hosts)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            try:
                self._check(scope["method"], Headers(scope=scope))
            except SpoolError as error:
                answer = await on_spool_error(Request(scope), error)
                await answer(scope, receive, send)
                return
        await self._app(scope, receive, send)

    def _check(self, method: str, headers: Headers) -> None:
        host = headers.get("host", "")
        if not (self._any_host or self._is_ours(host)):
            raise Misdirected(
                f"{host[:100]!r} is no name of this service",
                hint="add the name to [app.server] allowed_hosts",
            )
        if self._no_proxy and any(name in headers for name in PROXYS_HEADERS):
            raise Forbidden(
                "a proxy passes this on, and API keys are off: anybody could do everything",
                code="request.proxied",
                hint="set [app.server] require_keys: true, or false where the proxy lets nobody in",
            )
        asked = headers.get("access-control-request-method") if method == "OPTIONS" else None
        if (asked is not None or method not in SAFE) and self._is_foreign(headers):
            raise Forbidden(
                "a page of another site may not do this",
                code="request.cross_site",
                hint="add its origin to [app.server] cors_origins",
            )
        if asked is not None and self._allowed and "origin" in headers:
            self._check_preflight(asked, headers["origin"])

    def _check_preflight(self, asked: str, origin: str) -> None:
        """What else would be refused in words that are not ours."""
        if origin not in self._allowed or asked not in METHODS:
            raise Forbidden(
                f"a page may not send {asked[:20]!r} from there",
                code="request.cross_site",
                hint=f"origins of [app.server] cors_origins may send {', '.join(METHODS)}",
            )

    def _is_ours(self, host: str) -> bool:
        """Nobody on the internet can point these here; bound to this machine, no neighbour can.

        No browser leaves the name out.
        """
        name = hostname(host)
        if name in ("", "localhost") or name.endswith(".localhost") or _is_address(name):
            return True
        return name in self._hosts or name == self._own_name or self._is_neighbours(name)

    def _is_neighbours(self, name: str) -> bool:
        return self._neighbours and ("." not in name or name.endswith(NEIGHBOURS_ENDINGS))

    def _is_foreign(self, headers: Headers) -> bool:
        """Whether a page elsewhere sends this, and we do not know that page."""
        return headers.get("origin") not in self._allowed and from_elsewhere(headers)


def hostname(host: str) -> str:
    """Without the port, in lower case; `[::1]:8000` is `::1`."""
    try:
        return (urlsplit(f"//{host}").hostname or "").rstrip(".")
    except ValueError:  # half a bracket
        return NOBODY


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True
