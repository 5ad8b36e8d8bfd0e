"""Which jobs' time is over, by the database itself, where no service can be asked."""

import asyncio
import sys
from contextlib import ExitStack

from app.adapters.folder_lock import held
from app.client.reading import read
from app.client.retention import Due, Rules
from app.config import AppSettings, load_settings
from app.domain.errors import ConfigError


def due() -> tuple[Due, ...] | None:
    """As a service with the settings of this folder would tell it. None where a service has the
    data folder, or nothing is there yet. Changes nothing.

    Raises ConfigError where the database is not of today's schema, StorageError.
    """
    from app.bootstrap.schema import schema_of  # heavy: the database

    settings = load_settings()
    if schema_of(settings)[0] is None:
        return None
    with ExitStack() as closing:
        try:
            closing.enter_context(held(settings.storage.data_dir))
        except ConfigError:
            return None
        return _told(settings)


def _told(settings: AppSettings) -> tuple[Due, ...]:
    from app.bootstrap.keeping import due_at_rest
    from app.web.retention import SHOWN
    from app.web.retention_answers import shown

    found = shown(asyncio.run(due_at_rest(settings, SHOWN)))
    folder = settings.storage.data_dir.absolute()
    print(f"no service answers: told of {folder}, by the settings here", file=sys.stderr)
    return read(Rules, found).rules
