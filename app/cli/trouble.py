"""What went wrong, said in a line, and the status that `spool` ends with."""

import os
import select
import sys

from app.domain.errors import InvalidRequest, SpoolError

#: The service, or a job of it, refused or failed; or something here did.
FAILED = 1
WRONG_USAGE = 2
UNREACHABLE = 3
INTERRUPTED = 130


def complain(message: str, hint: str | None = None) -> None:
    """On standard error."""
    after = f"\n  {hint}" if hint else ""
    print(f"spool: {message}{after}", file=sys.stderr, flush=True)


def complain_of(error: SpoolError, about: str = "") -> None:
    complain(f"{about}: {error.message}" if about else error.message, error.hint)


def unread() -> bool:
    """Whether nobody reads standard output any more, as behind `| head`. It then goes nowhere, or
    Python would complain at its end."""
    try:
        sys.stdout.flush()
        gone = _reader_is_gone()
    except BrokenPipeError:
        gone = True
    if gone:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return gone


def _reader_is_gone() -> bool:
    """Told without writing: what is not buffered has failed to be written before."""
    looks = select.poll()
    looks.register(sys.stdout.fileno(), 0)
    return any(told & (select.POLLERR | select.POLLHUP) for _, told in looks.poll(0))


def status_of(error: SpoolError) -> int:
    from app.client.refusal import Unreachable  # `spool --help` needs no client

    if isinstance(error, Unreachable):
        return UNREACHABLE
    return WRONG_USAGE if isinstance(error, InvalidRequest) else FAILED
