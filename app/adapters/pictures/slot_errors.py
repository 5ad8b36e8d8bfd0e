"""What leaves a worker of this room, and how long it may take."""

from collections.abc import Iterator
from contextlib import contextmanager

from app.domain.errors import EngineError, SpoolError

#: Seconds after which a picture is stuck rather than slow; a fresh worker loads its model first.
PATIENCE = 180.0


@contextmanager
def engine_errors() -> Iterator[None]:
    """No foreign exception leaves the worker: many of them do not survive the way out."""
    try:
        yield
    except (SpoolError, MemoryError):
        raise
    except Exception as error:
        raise EngineError(f"{type(error).__name__}: {error}") from error
