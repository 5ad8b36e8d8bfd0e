"""What `SharedNotes` owe: the first that is kept under a name stays for all."""

import asyncio

from app.adapters.sql.database import Database
from app.adapters.sql.notes import SqlNotes


async def test_what_is_kept_first_is_what_all_agree_on(database_url: str) -> None:
    async with Database(database_url) as here, Database(database_url) as there:
        kept = await asyncio.gather(
            SqlNotes(here).keep("secret", "one"), SqlNotes(there).keep("secret", "two")
        )
        assert len(set(kept)) == 1
        assert await SqlNotes(here).get("secret") == kept[0]


async def test_what_is_put_replaces_and_none_takes_away(database_url: str) -> None:
    async with Database(database_url) as database:
        notes = SqlNotes(database)
        assert await notes.get("engine") is None
        for value in ({"model": "tiny"}, {"model": "base"}):
            await notes.put("engine", value)
            assert await notes.get("engine") == value
        await notes.put("engine", None)
        assert await notes.get("engine") is None
