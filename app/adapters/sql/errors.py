"""The one place where errors of SQLAlchemy and its drivers become errors of the domain."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.exc import (
    ArgumentError,
    DataError,
    DBAPIError,
    IntegrityError,
    InterfaceError,
    OperationalError,
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

# https://www.postgresql.org/docs/current/errcodes-appendix.html
CROSSED = ("23505", "40001", "40P01")  # unique_violation, serialization_failure, deadlock
AWAY = ("08", "57P", "53300", "57014")  # the line is cut, it stops or starts, too many, too slow
CUT = (OperationalError, InterfaceError)  # without a code: nobody was there to tell one
DISK_FULL, ONLY_READ = "53100", "25006"
DAMAGED = ("XX001", "XX002")


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


def crossed(error: BaseException) -> bool:
    """Two works on one row at the same moment: run again, this one sees what the other did."""
    cause = error.__cause__
    return isinstance(cause, DBAPIError) and getattr(cause.orig, "sqlstate", None) in CROSSED


def _refused(error: DBAPIError) -> SpoolError:
    return _by_state(error) if hasattr(error.orig, "sqlstate") else _by_number(error)


def _by_state(error: DBAPIError) -> SpoolError:
    """As a server tells it; nothing at all when it is the connection that failed."""
    state = getattr(error.orig, "sqlstate", None) or ""
    if isinstance(error, DataError) or state.startswith("22"):
        return InvalidRequest(f"a value that cannot be stored: {error.orig}")
    if (not state and isinstance(error, CUT)) or state.startswith(AWAY):
        return Unavailable("the database server does not answer")
    if state in CROSSED:
        return Unavailable("the database is busy: others change the same")
    if state == DISK_FULL:
        return StorageFull("the disk of the database server is full")
    if state == ONLY_READ:
        return StorageDenied("the database may only be read", hint=GIVE_IT_BACK)
    if state in DAMAGED:
        return StorageError(f"the database is damaged: {error.orig}", code="storage.corrupt")
    return StorageError(f"the database failed: {error.orig}")


def _by_number(error: DBAPIError) -> SpoolError:
    """By SQLite's own; the low byte is the primary code."""
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
