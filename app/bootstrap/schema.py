"""The schema of the database, without the rest of the house."""

import asyncio
from collections.abc import Sequence

from app.adapters.sql import migrate
from app.adapters.sql.boots import SqlBootLog
from app.adapters.sql.database import Database
from app.bootstrap.instances import is_shared
from app.bootstrap.records import database_url
from app.config import AppSettings
from app.domain.boots import SILENT_AFTER, Boot
from app.domain.errors import ConfigError


def schema_of(settings: AppSettings) -> tuple[str | None, str]:
    """Where the database stands, None when it is empty or not there; and the newest."""
    return migrate.current(database_url(settings)), migrate.head()


def bring_to(settings: AppSettings, revision: str | None) -> None:
    """To the newest schema, or down to `revision`. Raises ConfigError on one that is not known, or
    that is ahead of the database, and beneath a service at work; StorageError."""
    url = database_url(settings)
    if revision is None:
        migrate.upgrade(url)
        return
    if revision != migrate.BASE and (migrate.current(url) or "") < revision:
        raise ConfigError(f"the database has not come to schema {revision} yet")
    _check_nobody_lives(settings)
    migrate.downgrade(url, revision)


def living(settings: AppSettings) -> Sequence[Boot]:
    """The services at work on a server of the newest schema; of a file nobody tells."""
    url = database_url(settings)
    if not is_shared(url) or migrate.current(url) != migrate.head():
        return ()
    return asyncio.run(_living(url))


def _check_nobody_lives(settings: AppSettings) -> None:
    """The lock of the data folder tells nothing of instances on other machines."""
    if there := living(settings):
        names = ", ".join(sorted(each.name for each in there))
        raise ConfigError(f"a service is at work on the database: {names}", hint="stop it first")


async def _living(url: str) -> Sequence[Boot]:
    async with Database(url) as database:
        return await SqlBootLog(database).living(SILENT_AFTER)
