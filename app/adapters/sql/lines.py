"""The connections to a server, which can all be cut at once."""

import os
import socket
from typing import Any
from weakref import WeakSet

from sqlalchemy import Engine, event

from app.domain.errors import Unavailable


class Lines:
    """All that an engine has made, in its pool or out of it."""

    def __init__(self, engine: Engine) -> None:
        self._made: WeakSet[Any] = WeakSet()
        self._cut = False
        event.listen(engine, "do_connect", self._before)
        event.listen(engine, "connect", self._after)

    def cut(self) -> None:
        """For good. Whoever waits there for an answer hears at once that the line is lost: to
        cancel him would not do, for the driver then waits for the server, too."""
        self._cut = True
        for line in list(self._made):
            _end(line)

    def _before(self, dialect: Any, record: Any, arguments: Any, named: Any) -> None:
        if self._cut:
            raise Unavailable("the service stops: the database is not asked any more")

    def _after(self, connection: Any, record: Any) -> None:
        line = connection.driver_connection
        self._made.add(line)
        if self._cut:
            _end(line)


def _end(line: Any) -> None:
    """Its socket reads as if the server had hung up; what was sent before is sent."""
    if line.closed:
        return
    with socket.socket(fileno=os.dup(line.fileno())) as ours:
        ours.shutdown(socket.SHUT_RDWR)
