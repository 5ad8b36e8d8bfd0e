"""An index in an object store that cannot be read for a moment is left as it is."""

from dataclasses import dataclass, field
from typing import Any

import lancedb
import pytest

from app.adapters.lance_index.opening import NAMES, open_index
from app.domain.errors import Unavailable


@dataclass
class Listed:
    tables: list[str]


@dataclass
class Failing:
    """A bucket with tables, of which one request in a row fails."""

    failing: str
    asked: list[str] = field(default_factory=list)

    async def list_tables(self) -> Listed:
        self._answer("list_tables")
        return Listed(tables=[NAMES[0]])

    async def open_table(self, name: str) -> Any:
        self._answer("open_table")
        return self

    async def schema(self) -> None:
        self._answer("schema")

    async def drop_table(self, name: str) -> None:
        self.asked.append("drop_table")

    async def create_table(self, name: str, **_: object) -> None:
        self.asked.append("create_table")

    def close(self) -> None:
        self.asked.append("close")

    def _answer(self, verb: str) -> None:
        self.asked.append(verb)
        if verb == self.failing:
            raise OSError("503 Service Unavailable")


@pytest.mark.parametrize("failing", ["list_tables", "open_table", "schema"])
async def test_a_read_that_failed_once_does_not_drop_the_table_of_all(
    monkeypatch: pytest.MonkeyPatch, failing: str
) -> None:
    """It did: each failure was taken for a torn table, and a new one was begun in its place."""
    bucket = Failing(failing)

    async def connect(uri: str, **_: object) -> Failing:
        return bucket

    monkeypatch.setattr(lancedb, "connect_async", connect)
    with pytest.raises(Unavailable, match="cannot be read now"):
        await open_index("s3://bucket/index", wanted=None)
    assert not {"drop_table", "create_table"} & set(bucket.asked)
    assert bucket.asked[-2:] == [failing, "close"]
