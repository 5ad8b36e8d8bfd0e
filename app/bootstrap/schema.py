"""The schema of the database, without the rest of the house."""

from app.adapters.sql import migrate
from app.bootstrap.records import database_url
from app.config import AppSettings
from app.domain.errors import ConfigError


def schema_of(settings: AppSettings) -> tuple[str | None, str]:
    """Where the database stands, None when it is empty or not there; and the newest."""
    return migrate.current(database_url(settings)), migrate.head()


def bring_to(settings: AppSettings, revision: str | None) -> None:
    """To the newest schema, or down to `revision`. Raises ConfigError on one that is not known, or
    that is ahead of the database; StorageError."""
    url = database_url(settings)
    if revision is None:
        migrate.upgrade(url)
        return
    if revision != migrate.BASE and (migrate.current(url) or "") < revision:
        raise ConfigError(f"the database has not come to schema {revision} yet")
    migrate.downgrade(url, revision)
