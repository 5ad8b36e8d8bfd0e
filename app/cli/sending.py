"""Sources on their way to the service, a few at a time, while what arrived is worked on."""

import queue
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from functools import partial
from typing import BinaryIO

from app.cli.patience import unhurried
from app.cli.sources import Source
from app.client import Options, Spool, Ticket
from app.domain.errors import SpoolError

#: Told of a source that begins, and of the bytes of it that are sent, and its size.
Told = Callable[[Source, int, int], None]

STDIN = 0  # its file descriptor
LOOK = 0.2  # seconds: how soon Ctrl-C is heard


@dataclass(frozen=True, kw_only=True)
class Sent:
    source: Source
    #: None: it was refused, or could not be read.
    ticket: Ticket | None = None
    error: SpoolError | OSError | None = None


class Sending:
    """Its threads end with the program: nobody waits for an upload that was given up."""

    def __init__(
        self, spool: Spool, options: Options, sources: Sequence[Source], told: Told
    ) -> None:
        self._spool, self._options, self._told = spool, options, told
        self._waiting: queue.SimpleQueue[Source] = queue.SimpleQueue()
        self._sent: queue.SimpleQueue[Sent | BaseException] = queue.SimpleQueue()
        self.left = len(sources)
        for source in sources:
            self._waiting.put(source)

    def begin(self, at_once: int) -> None:
        for _ in range(min(at_once, self.left)):
            threading.Thread(target=self._work, daemon=True, name="sending").start()

    def arrived(self, *, wait: bool) -> Iterator[Sent]:
        """Those that were sent meanwhile; with `wait` one at least, where one is left."""
        while self.left:
            try:
                sent = self._sent.get(timeout=LOOK) if wait else self._sent.get_nowait()
            except queue.Empty:
                if wait:
                    continue
                return
            if isinstance(sent, BaseException):
                raise sent
            self.left -= 1
            wait = False
            yield sent

    def _work(self) -> None:
        """A fault of ours is raised where somebody sees it."""
        try:
            while True:
                self._sent.put(self._send(self._waiting.get_nowait()))
        except queue.Empty:
            return
        except BaseException as fault:
            self._sent.put(fault)

    def _send(self, source: Source) -> Sent:
        self._told(source, 0, 0)
        try:
            submit = partial(self._submit, source)
            return Sent(source=source, ticket=submit() if source.flows else unhurried(submit))
        except (SpoolError, OSError) as error:
            return Sent(source=source, error=error)

    def _submit(self, source: Source) -> Ticket:
        if source.is_url:
            return self._spool.submit_url(source.named, **self._options)
        with standard_input() if source.is_input else nullcontext(source.named) as file:
            return self._spool.upload(
                file,
                filename="stdin" if source.is_input else None,
                progress=lambda sent, size: self._told(source, sent, size),
                **self._options,
            )


def standard_input() -> BinaryIO:
    """Not `sys.stdin`: a thread that waits on that one would keep the program from ending."""
    return open(STDIN, "rb", buffering=0, closefd=False)
