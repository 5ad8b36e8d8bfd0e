"""The cookie by which a browser sends the key that was typed into it once.

It goes to the host name under which it was set and to no other (it has no Domain), so that a name
which somebody lets point here brings none. To ports of that name it goes alike: what it may do on
behalf of a page there is decided here. Lax: a link to a moment opens from anywhere.
"""

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import Message, Send

from app.web.sender import from_our_own

NAME = "spool_key"
YEAR = 365 * 24 * 60 * 60  # seconds
SET = "Set-Cookie"


def sent(method: str, headers: Headers) -> str | None:
    """The key, where a page of ours sends it, or somebody who follows a link; else None."""
    if not from_our_own(method, headers):
        return None
    lines = headers.getlist("cookie")
    pairs = [pair.strip().partition("=") for line in lines for pair in line.split(";")]
    return next((value for name, _, value in pairs if name == NAME and value), None)


def kept(secret: str, *, secure: bool) -> str:
    """The header that sets it. `secure`: sent back by https only."""
    return _written(secret, YEAR) + ("; Secure" if secure else "")


def cleared() -> str:
    """The header that takes it back."""
    return _written("", 0)


def clearing(send: Send) -> Send:
    """Takes the cookie back with the answer, unless that sets another."""

    async def clear(message: Message) -> None:
        if message["type"] == "http.response.start":
            MutableHeaders(scope=message).setdefault(SET, cleared())
        await send(message)

    return clear


def _written(secret: str, max_age: int) -> str:
    return f"{NAME}={secret}; HttpOnly; Max-Age={max_age}; Path=/; SameSite=Lax"
