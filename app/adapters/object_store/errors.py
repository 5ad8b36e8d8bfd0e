"""What an object store says, in words of the domain."""

from collections.abc import Iterator
from contextlib import contextmanager

from loguru import logger
from obstore.exceptions import (
    AlreadyExistsError,
    BaseError,
    InvalidPathError,
    PermissionDeniedError,
    PreconditionError,
    UnauthenticatedError,
)

from app.domain.errors import Budget, Forbidden, NotFound, StorageDenied, StorageError
from app.domain.file_keys import is_plain

LONGEST_WORDS = 500  # characters of its own words, for the log


@contextmanager
def translated(key: str, *, writing: bool = False) -> Iterator[None]:
    """Its own words go to the log alone: they name the endpoint. When `writing`, what is not found
    is the bucket."""
    try:
        yield
    except AlreadyExistsError:
        raise  # only who asks for it gets it, and knows what it means
    except (FileNotFoundError, InvalidPathError) as error:
        if writing:
            _log(error)
            raise _passing() from error
        raise NotFound(f"no file {key}") from error
    except PreconditionError as error:
        raise StorageError(f"{key} was replaced while it was read") from error
    except (PermissionDeniedError, UnauthenticatedError) as error:
        _log(error)
        raise StorageDenied("the object store refuses: permission denied") from error
    except BaseError as error:
        _log(error)
        raise _passing() from error


def plain(key: str) -> str:
    """The key. Raises Forbidden unless it is one in every kind of store."""
    if is_plain(key) and key.isprintable():
        return key
    raise Forbidden("the key is no plain relative path", code="storage.forbidden")


def _passing() -> StorageError:
    """It was tried for a while, and no job is to blame: it waits for as long as this lasts."""
    failure = StorageError("the object store does not answer as it should")
    failure.budget = Budget.FREE
    return failure


def _log(error: Exception) -> None:
    logger.warning("the object store: {}", str(error)[:LONGEST_WORDS])
