"""What a library raises at work, in planned words."""

from collections.abc import Iterator
from contextlib import contextmanager

from app.domain.errors import EngineError, SpoolError


@contextmanager
def engine_errors() -> Iterator[None]:
    """No foreign exception leaves a worker: many of them do not survive the way out."""
    try:
        yield
    except (SpoolError, MemoryError):
        raise
    except ImportError as error:
        hint = 'install it with: pip install "spool-media[torch]"'
        raise EngineError(f"a package is missing: {error}", hint=hint) from error
    except Exception as error:
        raise EngineError(f"{type(error).__name__}: {error}") from error
