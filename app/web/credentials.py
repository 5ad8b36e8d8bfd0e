"""The ways in which a key comes with a request, and how it is asked for."""

import base64
import binascii
from dataclasses import dataclass

from starlette.datastructures import Headers
from starlette.types import Scope as Call

from app.web import session_cookie

#: Its readers can send a password, and no header of their own.
FEED = "/feed.atom"
#: Its callers are programs, which send their key with every request.
AGENTS = "/mcp"
BEARER, BASIC = 'Bearer realm="spool"', 'Basic realm="spool"'


@dataclass(frozen=True, kw_only=True)
class Credential:
    secret: str
    #: The browser sent it by itself.
    by_cookie: bool = False


def credential(call: Call) -> Credential | None:
    """The key as the client sent it; None without one.

    A browser that was told a password for the feed sends it elsewhere, too: there it is none. Nor
    is its cookie one where agents call: what they ask for within cannot say which page sent it.
    """
    headers = Headers(scope=call)
    password = _password(headers) if call["path"] == FEED else None
    if secret := _bearer(headers) or headers.get("x-api-key", "").strip() or password:
        return Credential(secret=secret)
    if call["path"] == AGENTS:
        return None
    secret = session_cookie.sent(call["method"], headers)
    return Credential(secret=secret, by_cookie=True) if secret else None


def challenge(path: str) -> str:
    """What a 401 says to come with."""
    return f"{BEARER}, {BASIC}" if path == FEED else BEARER


def _bearer(headers: Headers) -> str:
    kind, _, secret = headers.get("authorization", "").partition(" ")
    return secret.strip() if kind.lower() == "bearer" else ""


def _password(headers: Headers) -> str:
    """Of HTTP Basic, whoever the user is."""
    kind, _, told = headers.get("authorization", "").partition(" ")
    if kind.lower() != "basic":
        return ""
    try:
        pair = base64.b64decode(told.strip(), validate=True).decode(errors="replace")
    except (binascii.Error, ValueError):
        return ""
    return pair.partition(":")[2].strip()
