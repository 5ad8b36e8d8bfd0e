"""What is asked for narrows, and never widens: in the database as in the index."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from tests.api.spool import Spool, opened
from tests.hostile import LISTS, hostile_strings

pytestmark = pytest.mark.asyncio(loop_scope="module")

#: Where each may be asked for, and what lists the rows.
DOORS = (
    *LISTS,
    ("/api/v1/search?q=word", "asset_id", "hits"),
    ("/api/v1/search?q=word", "labels", "hits"),
    ("/api/v1/search?q=word", "media_type", "hits"),
    ("/api/v1/search?q=word", "cursor", "hits"),
)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def stocked(
    tmp_path_factory: pytest.TempPathFactory, model_folder: Path
) -> AsyncIterator[Spool]:
    """With one row in each list."""
    async with opened(tmp_path_factory.mktemp("filters"), model_folder) as spool:
        sent = {"slug": "a page", "content": "a word", "labels": ["one"]}
        [page] = (await spool.http.post("/sync-content", json=sent)).json()["pages"]
        await spool.completed(page["job_id"])
        yield spool


@pytest.mark.parametrize(("path", "name", "rows"), DOORS)
async def test_no_string_finds_what_it_does_not_name(
    stocked: Spool, path: str, name: str, rows: str
) -> None:
    for each in hostile_strings():
        if not each.strip(", "):
            continue  # no label at all
        parameters: dict[str, Any] = {name: each}
        if "?" in path:
            parameters |= {"q": "word", "mode": "keyword"}
        answer = await stocked.http.get(path.partition("?")[0], params=parameters)
        assert answer.status_code in (200, 422), (each, answer.text)
        if answer.status_code == 200:
            assert answer.json()[rows] == [], each
    everything = (await stocked.http.get("/api/v1/assets")).json()["assets"]
    assert len(everything) == 1
