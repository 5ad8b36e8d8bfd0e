"""What is asked often is answered from an index, however long the tables are."""

import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, event

from app.adapters.sql.census import SqlCensus
from app.adapters.sql.news import SqlNewsStore
from app.domain.assets import AssetChanges, asset_of
from app.domain.jobs import JobOptions, JobStatus
from app.domain.media_types import MediaType
from tests.unit.workbench import Workbench, opened

Asked = list[tuple[str, Any]]
#: Of what is behind these there are few: one row of a key, jobs under way, uploads for an API key.
SHORT = (
    "INDEX sqlite_autoindex_",
    "INDEX ix_jobs_status_priority_",
    "INDEX ix_uploads_requester",
)


async def a_renamed_video(bench: Workbench) -> None:
    """Its key-frames are told."""
    job = await bench.upload_bytes(b"film", name="talk.mp4", options=JobOptions(asset_id="talk"))
    held = await bench.store.claim(job.job_id, "boot-1")
    assert held is not None
    await bench.assets.settle(held, asset_of(held))
    await bench.assets.edit("talk", AssetChanges(title="Lecture"))


async def the_news(bench: Workbench) -> None:
    await SqlNewsStore(bench.store._database).latest(50, 300)


async def what_waits(bench: Workbench) -> None:
    await SqlCensus(bench.store._database).pending()


#: By what is asked: the question, and the index that answers it.
QUESTIONS: dict[str, tuple[Callable[[Workbench], Awaitable[object]], str]] = {
    "jobs": (lambda bench: bench.store.list(), "ix_jobs_listed"),
    "jobs_by_status": (
        lambda bench: bench.store.list(status=JobStatus.COMPLETED),
        "ix_jobs_listed_by_status",
    ),
    "jobs_of_a_kind": (
        lambda bench: bench.store.list(media_type=MediaType.VIDEO),
        "ix_jobs_listed",
    ),
    "frame_jobs": (lambda bench: bench.store.of_frames("talk"), "ix_jobs_parent_id"),
    "overtaken": (lambda bench: bench.store.overtaken(), "ix_jobs_asset_id"),
    "assets": (lambda bench: bench.assets.list(), "ix_assets_listed"),
    "frames": (
        lambda bench: bench.assets.list(parent_id="talk", media_type=MediaType.KEYFRAME),
        "ix_assets_parent_id_created_at_asset_id",
    ),
    "unindexed": (
        lambda bench: bench.assets.unindexed("one", 100),
        "ix_assets_indexed_in_created_at",
    ),
    "behind": (lambda bench: bench.assets.behind("one"), "ix_assets_indexed_in_created_at"),
    "stills": (
        lambda bench: bench.assets.stills("talk"),
        "ix_assets_parent_id_created_at_asset_id",
    ),
    "news": (the_news, "ix_jobs_ended"),
    "what_waits": (what_waits, "ix_jobs_status_priority_created_at_job_id"),
    "used": (lambda bench: bench.store.used("a key"), "ix_jobs_requester_source_size"),
    "told_frames": (a_renamed_video, "ix_assets_parent_id_created_at_asset_id"),
}


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[Workbench]:
    async with opened(tmp_path) as bench:
        yield bench


@contextmanager
def asked() -> Iterator[Asked]:
    """What is read from any database meanwhile, with its parameters."""
    sent: Asked = []

    def note(_: Connection, __: Any, statement: str, parameters: Any, *___: Any) -> None:
        if statement.startswith("SELECT") and " FROM " in statement.replace("\n", " "):
            sent.append((statement, parameters))

    event.listen(Engine, "before_cursor_execute", note)
    try:
        yield sent
    finally:
        event.remove(Engine, "before_cursor_execute", note)


def plans(folder: Path, questions: Asked) -> list[tuple[str, list[str]]]:
    """By statement, its steps."""
    with closing(sqlite3.connect(folder / "spool.db")) as connection:
        return [
            (asked, [step[3] for step in connection.execute(f"EXPLAIN QUERY PLAN {asked}", told)])
            for asked, told in questions
        ]


def uses(index: str, steps: list[str]) -> bool:
    return any(step.endswith(f"INDEX {index}") or f"INDEX {index} " in step for step in steps)


def reads_few(steps: list[str]) -> bool:
    reads = [step for step in steps if step.startswith(("SCAN", "SEARCH"))]
    return all(any(short in step for short in SHORT) for step in reads)


def long_ways(statement: str, steps: list[str], index: str) -> list[str]:
    """A page may walk the index that is in its order; what is not a page is there to be sorted."""
    page = "LIMIT" in statement
    walks = [step for step in steps if step.startswith("SCAN")]
    sorts = [step for step in steps if page and "TEMP B-TREE FOR ORDER BY" in step]
    return [step for step in walks if not (page and index in step)] + sorts


@pytest.mark.parametrize("question", sorted(QUESTIONS))
async def test_no_table_is_walked_for_it(bench: Workbench, question: str) -> None:
    ask, index = QUESTIONS[question]
    with asked() as questions:
        await ask(bench)
    found = plans(bench.folder, questions)
    assert any(uses(index, steps) for _, steps in found), found
    assert [each for each in found if not (uses(index, each[1]) or reads_few(each[1]))] == []
    assert [way for asked, steps in found for way in long_ways(asked, steps, index)] == [], found
