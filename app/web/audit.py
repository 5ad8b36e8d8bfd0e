"""Who did what that only few may do, from where, and how it ended: a line of the log for each."""

from collections.abc import Mapping

from loguru import logger
from starlette.types import ASGIApp, Message, Receive, Send
from starlette.types import Scope as Call

from app.domain.errors import SpoolError, Unauthorized
from app.domain.keys import ApiKey
from app.web.guard import caller
from app.web.sender import address

FAULT = "a fault of the service"


class Audit:
    """Stands before the guard of a route. Who comes without a key that stands did nothing."""

    def __init__(self, app: ASGIApp, actions: Mapping[str, str]) -> None:
        """`actions` by method; of others nothing is told."""
        self._app, self._actions = app, actions

    async def __call__(self, call: Call, receive: Receive, send: Send) -> None:
        action = self._actions.get(call["method"])
        if action is None:
            await self._app(call, receive, send)
            return
        outcome = FAULT

        async def noting(message: Message) -> None:
            nonlocal outcome
            if message["type"] == "http.response.start":
                outcome = str(message["status"])
            await send(message)

        with logger.contextualize(by=_named(caller(call).key)):
            try:
                await self._app(call, receive, noting)
            except Unauthorized:
                outcome = ""
                raise
            except SpoolError as error:
                outcome = error.code
                raise
            finally:
                if outcome:
                    _tell(call, action, outcome)


def _tell(call: Call, action: str, outcome: str) -> None:
    key, origin = caller(call).key, address(call)
    who = f"key {key.key_id} ({key.name})" if key else "somebody without a key"
    told = logger.bind(audit=True, action=action, origin=origin, outcome=outcome)
    told.info("{} {} by {} from {}: {}", call["method"], call["path"], who, origin, outcome)


def _named(key: ApiKey | None) -> str | None:
    return key.key_id if key else None
