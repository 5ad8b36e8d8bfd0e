"""API keys without the rest of the house."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from app.adapters.sql.database import Database
from app.adapters.sql.keys import SqlKeyStore
from app.bootstrap.records import database_url
from app.config import AppSettings
from app.services.keys import KeyService


@asynccontextmanager
async def open_keys(settings: AppSettings) -> AsyncIterator[KeyService]:
    """Whoever calls holds the data folder. Makes the database if there is none yet."""
    async with Database(database_url(settings)) as database:
        yield KeyService(SqlKeyStore(database))
