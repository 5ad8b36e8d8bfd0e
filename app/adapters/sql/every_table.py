"""All tables there are, each before those that point to it."""

from collections.abc import Sequence

import sqlalchemy

from app.adapters.sql import (
    asset_tables,
    key_tables,
    note_tables,
    record_tables,
    share_tables,
    upload_tables,
    watched_tables,
    webhook_tables,
)
from app.adapters.sql.tables import Table

#: Importing one is what adds its tables.
MODULES = (
    asset_tables,
    key_tables,
    note_tables,
    record_tables,
    share_tables,
    upload_tables,
    watched_tables,
    webhook_tables,
)


def every_table() -> Sequence[sqlalchemy.Table]:
    return Table.metadata.sorted_tables
