"""Whose request it is, and whether it may do what it asks for."""

from collections.abc import Mapping
from dataclasses import dataclass

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Send
from starlette.types import Scope as Call

from app.domain.errors import Forbidden, SpoolError, Unauthorized
from app.domain.keys import ApiKey, Scope

CALLER = "spool.caller"
HOW = "send it as `Authorization: Bearer KEY` or as `X-API-Key: KEY`"


@dataclass(frozen=True, kw_only=True)
class Caller:
    """`key` is None when there is none, or none that opens anything; `refusal` says why."""

    key: ApiKey | None = None
    #: What a route that wants a key answers. None with no key: keys are off.
    refusal: SpoolError | None = None

    def allows(self, scope: Scope) -> bool:
        return self.refusal is None and (self.key is None or self.key.allows(scope))


def given_secret(headers: Headers) -> str | None:
    """The key as the client sent it; None without one."""
    kind, _, secret = headers.get("authorization", "").partition(" ")
    if kind.lower() == "bearer" and secret.strip():
        return secret.strip()
    return headers.get("x-api-key", "").strip() or None


def caller(call: Call) -> Caller:
    """Anybody, where no gate stands before the surfaces."""
    found = call.get(CALLER)
    return found if isinstance(found, Caller) else Caller()


class Guard:
    """Stands before one route. Nothing of the body is read before it lets a request in."""

    def __init__(self, app: ASGIApp, scopes: Mapping[str, Scope | None]) -> None:
        """`scopes` by method; None: open to everybody."""
        self._app, self._scopes = app, scopes

    async def __call__(self, call: Call, receive: Receive, send: Send) -> None:
        self._check(caller(call), call["method"])
        await self._app(call, receive, send)

    def _check(self, who: Caller, method: str) -> None:
        wanted = self._scopes[method if method in self._scopes else "GET"]  # HEAD of a GET
        if wanted is None:
            return
        if who.refusal is not None:
            raise who.refusal
        if not who.allows(wanted):
            message = f"this needs the scope {wanted}, and the key has {_names(who.key)}"
            raise Forbidden(message, code="key.scope")


def missing() -> Unauthorized:
    return Unauthorized("this needs an API key", hint=HOW)


def _names(key: ApiKey | None) -> str:
    return ", ".join(sorted(key.scopes)) if key else ""
