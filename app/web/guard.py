"""Whose request it is, and whether it may do what it asks for."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import TypeAlias, cast

from starlette.types import ASGIApp, Receive, Send
from starlette.types import Scope as Call

from app.domain.errors import Forbidden, SpoolError, Unauthorized
from app.domain.keys import ApiKey, Scope

CALLER = "spool.caller"
VERIFY = "spool.verify"
HOW = "send it as `Authorization: Bearer KEY` or as `X-API-Key: KEY`"

#: Raises Unauthorized, and RateLimited after too many wrong keys from where the request comes.
Verify: TypeAlias = Callable[[str], Awaitable[ApiKey]]


@dataclass(frozen=True, kw_only=True)
class Caller:
    """`key` is None when there is none, or none that opens anything; `refusal` says why."""

    key: ApiKey | None = None
    #: What a route that wants a key answers. None with no key: keys are off.
    refusal: SpoolError | None = None

    def allows(self, scope: Scope) -> bool:
        return self.refusal is None and (self.key is None or self.key.allows(scope))

    def check(self, scope: Scope) -> None:
        """Raises Unauthorized or Forbidden where it is not allowed."""
        if self.refusal is not None:
            raise self.refusal
        if not self.allows(scope):
            message = f"this needs the scope {scope}, and the key has {_names(self.key)}"
            raise Forbidden(message, code="key.scope")


def caller(call: Call) -> Caller:
    """Anybody, where no gate stands before the surfaces."""
    found = call.get(CALLER)
    return found if isinstance(found, Caller) else Caller()


def verify(call: Call) -> Verify:
    """Looks at a key that came in a body as at one that came in a header."""
    return cast(Verify, call[VERIFY])


class Guard:
    """Stands before one route. Nothing of the body is read before it lets a request in."""

    def __init__(self, app: ASGIApp, scopes: Mapping[str, Scope | None]) -> None:
        """`scopes` by method; None: open to everybody."""
        self._app, self._scopes = app, scopes

    async def __call__(self, call: Call, receive: Receive, send: Send) -> None:
        wanted = self._wanted(call["method"])
        if wanted is not None:
            caller(call).check(wanted)
        await self._app(call, receive, send)

    def _wanted(self, method: str) -> Scope | None:
        return self._scopes[method if method in self._scopes else "GET"]  # HEAD of a GET


def missing() -> Unauthorized:
    return Unauthorized("this needs an API key", hint=HOW)


def _names(key: ApiKey | None) -> str:
    return ", ".join(sorted(key.scopes)) if key else ""
