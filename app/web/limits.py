"""The gate before all surfaces: it learns who calls, and how often they do."""

import math
from functools import partial

from loguru import logger
from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from app.domain.errors import RateLimited, SpoolError, Unauthorized
from app.domain.keys import ApiKey
from app.domain.quotas import USUAL
from app.domain.requester import granted, requester
from app.services.keys import KeyService
from app.web.credentials import Credential, credential
from app.web.errors import on_spool_error
from app.web.gate import Gate
from app.web.guard import CALLER, VERIFY, Caller, missing
from app.web.pace import Pace
from app.web.sender import address
from app.web.session_cookie import clearing

#: Wrong keys that an address may try in a minute.
WRONG_KEYS = 30
#: Lines of the log a minute that tell of an address that tries them.
TOLD = 1


class Limits:
    """Answers 429 by itself. Whoever may pass has its `Caller` in the scope.

    A cookie whose key opens nothing any more is taken back, whatever is answered.
    """

    def __init__(self, app: ASGIApp, *, gate: Gate, keys: KeyService) -> None:
        self._app, self._gate, self._keys = app, gate, keys
        self._requests = Pace(gate.requests_a_minute) if gate.requests_a_minute else None
        self._wrong, self._told = Pace(WRONG_KEYS), Pace(TOLD)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        given = self._given(scope)
        try:
            who = await self._who(given, scope)
            self._count(who, scope)
        except SpoolError as error:
            answer = await on_spool_error(Request(scope), error)
            await answer(scope, receive, send)
            return
        requester.set(who.key.key_id if who.key else None)
        granted.set(who.key.quota if who.key else USUAL)
        stale = who.refusal is not None and given is not None and given.by_cookie
        verify = partial(self._verified, origin=address(scope))
        known = {**scope, CALLER: who, VERIFY: verify}
        await self._app(known, receive, clearing(send) if stale else send)

    def _given(self, scope: Scope) -> Credential | None:
        """Keys are not even looked at while they are off."""
        return credential(scope) if self._gate.keys_required else None

    async def _who(self, given: Credential | None, scope: Scope) -> Caller:
        if not self._gate.keys_required:
            return Caller()
        if given is None:
            return Caller(refusal=missing())
        try:
            return Caller(key=await self._verified(given.secret, address(scope)))
        except Unauthorized as error:
            return Caller(refusal=error)

    async def _verified(self, secret: str, origin: str) -> ApiKey:
        """Too many wrong keys from an address, and it must wait: no query is spent on the next.

        A key that is in use is let in all the same, for others may sit behind that address.
        """
        if not self._keys.knows(secret) and (seconds := self._wrong.wait(origin)):
            self._tell(origin, "too many wrong keys")
            raise _limited("too many wrong keys", seconds)
        try:
            return await self._keys.verify(secret)
        except Unauthorized as error:
            if error.code == KeyService.WRONG:  # the others were keys once
                self._wrong.take(origin)
                self._tell(origin, "a wrong key")
            raise

    def _tell(self, origin: str, what: str) -> None:
        """Once a minute of an address: a line for each would be one more thing to flood."""
        if not self._told.take(f"{what} {origin}"):
            logger.bind(audit=True, origin=origin).warning("{}: {}", origin, what)

    def _count(self, who: Caller, scope: Scope) -> None:
        if self._requests is None:
            return
        name = f"key {who.key.key_id}" if who.key else address(scope)
        if seconds := self._requests.take(name):
            raise _limited(f"more than {self._gate.requests_a_minute} requests a minute", seconds)


def _limited(message: str, seconds: float) -> RateLimited:
    return RateLimited(message, retry_after=math.ceil(seconds))
