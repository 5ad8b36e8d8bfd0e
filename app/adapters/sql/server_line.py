"""A connection of one's own, past the pool: what it holds ends with it."""

import re
from collections.abc import Iterator
from contextlib import contextmanager

from psycopg import AsyncConnection, Error

from app.adapters.sql.connections import NOTICE_THE_GONE, PATIENCE
from app.domain.errors import Unavailable

AGAIN = 5.0  # seconds until the next try


@contextmanager
def translated() -> Iterator[None]:
    try:
        yield
    except (Error, OSError) as error:
        raise Unavailable(f"the line to the database is cut: {error}") from error


async def connected(url: str) -> AsyncConnection:
    """`url`: as the settings have it. Straight to the server: a pool in between hands it on."""
    plain = re.sub(r"^postgresql\+\w+", "postgresql", url)
    line = await AsyncConnection.connect(plain, autocommit=True, **PATIENCE)
    try:
        await line.execute(NOTICE_THE_GONE.encode())
    except BaseException:
        await line.close()
        raise
    return line
