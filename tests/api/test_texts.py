"""Texts over HTTP: taken in by their suffix, found by meaning and by word, with links that work."""

from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from tests.api.spool import Spool

pytestmark = pytest.mark.asyncio(loop_scope="module")

GUIDE = """\
---
title: Keeping bees
tags: [garden, insects]
---
import {Note} from './note'

# The hive

<Note>Wear a *veil*.</Note>

## Winter

Colonies need enough honey to last through the cold months.

## The scale {#weigh}

```python
def read_scale(port):
    return Serial(port).grams_now()
```
"""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def job(open_spool: Spool) -> dict[str, Any]:
    job_id = await open_spool.take_in(GUIDE.encode(), "bees.mdx", asset_id="bees")
    return await open_spool.completed(job_id)


async def first(spool: Spool, q: str, mode: str = "hybrid") -> dict[str, Any]:
    query = {"q": q, "mode": mode, "media_type": "text"}
    answer = await spool.http.get("/api/v1/search", params=query)
    assert answer.status_code == 200, answer.text
    hit: dict[str, Any] = answer.json()["hits"][0]
    return hit


async def test_a_job_that_ended_tells_what_its_text_is_called(
    spool: Spool, job: dict[str, Any]
) -> None:
    """The library calls it so, too."""
    asset = (await spool.http.get("/api/v1/assets/bees")).json()
    assert (job["title"], job["asset_title"]) == ("bees.mdx", asset["title"])
    assert asset["title"] == "Keeping bees"
    listed = (await spool.http.get("/api/v1/jobs?limit=200")).json()["jobs"]
    assert job["asset_title"] in [each["asset_title"] for each in listed]


async def test_a_text_is_found_by_meaning_under_its_heading(
    spool: Spool, job: dict[str, Any]
) -> None:
    hit = await first(spool, "food for insects when there is snow", "semantic")
    assert (hit["asset_id"], hit["media_type"], hit["title"]) == ("bees", "text", "Keeping bees")
    assert hit["url"] == "/watch/bees#winter" and hit["why"] == ["semantic"]


async def test_code_is_found_by_its_words(spool: Spool, job: dict[str, Any]) -> None:
    hit = await first(spool, "grams_now", "keyword")
    assert hit["url"] == "/watch/bees#weigh" and "Serial(port)" in hit["text"]


async def test_what_is_dropped_is_not_found(spool: Spool, job: dict[str, Any]) -> None:
    query = {"q": "import", "mode": "keyword", "media_type": "text"}
    assert (await spool.http.get("/api/v1/search", params=query)).json()["hits"] == []


async def test_the_link_of_a_hit_leads_to_its_place(spool: Spool, job: dict[str, Any]) -> None:
    url = (await first(spool, "grams_now", "keyword"))["url"]
    page = await spool.http.get(url)
    assert page.status_code == 200 and 'id="weigh"' in page.text


async def test_the_result_tells_what_was_read(spool: Spool, job: dict[str, Any]) -> None:
    result = (await spool.http.get(job["result_url"])).json()
    assert result["metadata"] == {"title": "Keeping bees", "tags": ["garden", "insects"]}
    assert [each["anchor"] for each in result["headings"]] == ["the-hive", "winter", "weigh"]
    assert result["text"] == GUIDE and result["warnings"] == []
    asset = (await spool.http.get("/api/v1/assets/bees")).json()
    assert asset["labels"] == ["garden", "insects"]


async def test_what_is_no_text_fails_by_name(spool: Spool) -> None:
    job_id = await spool.take_in(b"\x89PNG\r\n\x1a\n\x00\x00", "note.txt")
    job = await spool.ended(job_id)
    assert job["error"]["code"] == "media.unreadable" and job["attempts"] == 1
    assert job["error"]["message"] == "note.txt is not text"


async def test_a_real_page_is_found_at_its_heading(spool: Spool, corpus: Path) -> None:
    page = corpus / "mdx" / "mdn_shared_assets_README.md"
    await spool.completed(await spool.take_in(page.read_bytes(), page.name, asset_id="mdn"))
    hit = await first(spool, "how should I behave towards other contributors")
    assert hit["url"] == "/watch/mdn#contributing"
