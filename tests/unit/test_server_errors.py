"""What a database server tells becomes an error of the domain, by its own code."""

import pytest
from sqlalchemy.exc import DataError, DBAPIError, IntegrityError, InterfaceError, OperationalError

from app.adapters.sql.errors import crossed, translated
from app.domain.errors import (
    Conflict,
    InvalidRequest,
    SpoolError,
    StorageDenied,
    StorageError,
    StorageFull,
    Unavailable,
)


class Told(Exception):
    def __init__(self, sqlstate: str | None) -> None:
        super().__init__("as the driver says")
        self.sqlstate = sqlstate


def raised(kind: type[DBAPIError], sqlstate: str | None) -> SpoolError:
    with pytest.raises(SpoolError) as told, translated():
        raise kind("SELECT 1", {}, Told(sqlstate))
    return told.value


@pytest.mark.parametrize(
    ("kind", "sqlstate", "expected", "code"),
    [
        (OperationalError, None, Unavailable, "service.unavailable"),
        (InterfaceError, None, Unavailable, "service.unavailable"),
        (OperationalError, "08006", Unavailable, "service.unavailable"),
        (OperationalError, "57P01", Unavailable, "service.unavailable"),
        (OperationalError, "53300", Unavailable, "service.unavailable"),
        (OperationalError, "40P01", Unavailable, "service.unavailable"),
        (OperationalError, "53100", StorageFull, "storage.full"),
        (DBAPIError, "25006", StorageDenied, "storage.denied"),
        (DataError, None, InvalidRequest, "request.invalid"),
        (DBAPIError, "22001", InvalidRequest, "request.invalid"),
        (DBAPIError, "XX001", StorageError, "storage.corrupt"),
        (DBAPIError, "42P01", StorageError, "storage.failed"),
        (IntegrityError, "23503", Conflict, "storage.conflict"),
    ],
)
def test_a_code_becomes_an_error(
    kind: type[DBAPIError], sqlstate: str | None, expected: type[SpoolError], code: str
) -> None:
    error = raised(kind, sqlstate)
    assert type(error) is expected and error.code == code


@pytest.mark.parametrize("sqlstate", ["23505", "40001", "40P01"])
def test_what_crossed_with_another_is_run_again(sqlstate: str) -> None:
    kind = IntegrityError if sqlstate == "23505" else OperationalError
    assert crossed(raised(kind, sqlstate))


@pytest.mark.parametrize("sqlstate", ["23503", "53100", None])
def test_what_did_not_is_not(sqlstate: str | None) -> None:
    assert not crossed(raised(OperationalError, sqlstate))
