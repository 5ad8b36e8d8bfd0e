"""The one place where errors of SQLAlchemy and its drivers become errors of the domain."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.exc import (
    ArgumentError,
    DBAPIError,
    IntegrityError,
    SQLAlchemyError,
    StatementError,
    TimeoutError,
)

from app.domain.errors import (
    ConfigError,
    Conflict,
    InvalidRequest,
    SpoolError,
    StorageDenied,
    StorageError,
    StorageFull,
    Unavailable,
)
from app.domain.system_errors import GIVE_IT_BACK

# https://www.sqlite.org/rescode.html, primary codes
BUSY, LOCKED, READONLY, CORRUPT, FULL, NOT_A_DATABASE = 5, 6, 8, 11, 13, 26
MOVED = 1032  # SQLITE_READONLY_DBMOVED: it is no longer where it was opened
NO_ROOM_FOR_SHM = 4874  # SQLITE_IOERR_SHMSIZE: how a full disk shows itself at opening


@contextmanager
def translated() -> Iterator[None]:
    try:
        yield
    except SQLAlchemyError as error:
        raise _planned(error) from error
    except UnicodeEncodeError as error:
        raise InvalidRequest("text that is not valid Unicode cannot be stored") from error


def _planned(error: SQLAlchemyError) -> SpoolError:
    if isinstance(error, ArgumentError):  # also: no such dialect
        return ConfigError("storage.database_url is no URL of a known database")
    if isinstance(error, TimeoutError):
        return Unavailable("the database is busy")
    if isinstance(error, IntegrityError):
        return Conflict("the change contradicts what is stored", code="storage.conflict")
    if isinstance(error, DBAPIError):
        return _refused(error)
    if isinstance(error, StatementError):
        return InvalidRequest(f"a value that cannot be stored: {error.orig}")
    return StorageError(f"the database failed: {error}")


def _refused(error: DBAPIError) -> SpoolError:
    """By SQLite's own number; the low byte is the primary code."""
    extended = getattr(error.orig, "sqlite_errorcode", 0)
    code = extended & 0xFF
    if code in (BUSY, LOCKED):
        return Unavailable("the database is locked by another process")
    if code == FULL or extended == NO_ROOM_FOR_SHM:
        return StorageFull("the disk is full: the database cannot grow")
    if code == READONLY and extended != MOVED:
        return StorageDenied("the database may only be read", hint=GIVE_IT_BACK)
    if code in (CORRUPT, NOT_A_DATABASE):
        return StorageError(
            f"the database file is damaged: {error.orig}",
            code="storage.corrupt",
            hint="keep the file, and put a backup in its place",
        )
    return StorageError(f"the database failed: {error.orig}")
