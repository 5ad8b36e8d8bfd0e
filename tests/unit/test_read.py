"""Texts on the line: from bytes to an asset and the moments that point to its headings."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from app.adapters.markdown_texts import MarkdownTexts
from app.domain.assets import Asset, AssetChanges
from app.domain.errors import MediaTooLarge, MediaUnreadable, SpoolError
from app.domain.jobs import Job, JobOptions, JobStatus, SourceKind, Stage
from app.domain.media_types import MediaType
from app.domain.search import Moment
from app.domain.writing import document
from app.domain.writing.formats import MOST_BYTES, TextFormat
from app.pipeline.moments import moments_of
from app.pipeline.report import JobReport
from app.services.reindex import reindex
from tests.contracts.jobs import claim, new_id
from tests.unit.scripted import run_to_end
from tests.unit.workbench import Workbench, opened

PAGE = """\
---
title: The engine room
tags: [engines, oil]
description: How it is kept running
canonical_url: https://example.org/engine
---
import {Note} from './note'

Before you go down.

# Engines

<Note>Mind your *head*.</Note>

## Oil {#oil-change}

Change it with `drain_oil()`:

```js
pump.stop()
```
"""


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[Workbench]:
    async with opened(tmp_path) as bench:
        yield bench


async def a_job(bench: Workbench, content: bytes, name: str = "page.mdx", **options: object) -> Job:
    path = bench.folder / name
    path.write_bytes(content)
    options = {"media_type": MediaType.TEXT, **options}
    return await bench.store.add(
        job_id=new_id(),
        source=SourceKind.PATH,
        source_name=name,
        input_path=str(path),
        options=JobOptions().evolve(**options),
    )


async def run(bench: Workbench, job: Job) -> Asset:
    report = JobReport(bench.store, job)
    try:
        return (await bench.pipeline().run(job, report)).found
    finally:
        await report.aclose()


async def read(bench: Workbench, content: bytes, name: str = "a.mdx", **options: object) -> Asset:
    return await run(bench, await claim(bench.store, await a_job(bench, content, name, **options)))


def moments(bench: Workbench, asset_id: str) -> list[Moment]:
    return [moment for moment, _ in bench.index.kept[asset_id]]


async def test_a_page_becomes_passages_that_point_to_its_headings(bench: Workbench) -> None:
    asset = await read(bench, PAGE.encode(), asset_id="docs/engine")
    assert asset.title == "The engine room" and asset.labels == ("engines", "oil")
    assert asset.link == "https://example.org/engine" and asset.text_format is TextFormat.MDX
    assert asset.text == PAGE and asset.metadata["tags"] == ["engines", "oil"]
    found = moments(bench, "docs/engine")
    assert [(each.anchor, each.text) for each in found] == [
        ("", "How it is kept running"),
        ("", "Before you go down."),
        ("engines", "Engines\nMind your head."),
        ("oil-change", "Oil\nChange it with drain_oil():"),
        ("oil-change", "pump.stop()"),
    ]
    assert {(each.media_type, each.link) for each in found} == {(MediaType.TEXT, asset.link)}
    assert [each.moment_id for each in found] == [f"docs/engine#{n}" for n in range(5)]


async def test_what_the_owner_says_goes_before_what_the_text_says(bench: Workbench) -> None:
    asset = await read(
        bench,
        PAGE.encode(),
        title="Mine",
        labels=("oil", "own"),
        description="In my words",
        link="https://example.org/mine",
    )
    assert (asset.title, asset.description) == ("Mine", "In my words")
    assert asset.labels == ("oil", "own", "engines") and asset.link == "https://example.org/mine"


async def test_without_a_title_the_highest_heading_is_one_and_else_the_name(
    bench: Workbench,
) -> None:
    assert (await read(bench, b"### c\n\n## b\n\n## d\n")).title == "b"
    assert (await read(bench, b"## b\n", "notes.txt")).title == "notes.txt"


async def test_a_job_goes_through_its_last_stage_alone(bench: Workbench) -> None:
    job = await a_job(bench, b"\xff\xfeh\x00i\x00", "a.txt")
    await bench.queue.enqueue({"job_id": job.job_id}, job.options.priority)
    await run_to_end(bench.worker())
    ended = await bench.now(job)
    assert ended.status is JobStatus.COMPLETED and ended.stage is Stage.EMBEDDING
    assert list(ended.timings) == ["embedding"] and ended.warnings == ()
    assert [each.text for each in moments(bench, job.job_id)] == ["hi"]


async def test_its_result_tells_the_places_of_headings_and_passages(bench: Workbench) -> None:
    job = await a_job(bench, PAGE.encode())
    await bench.queue.enqueue({"job_id": job.job_id}, job.options.priority)
    worker = bench.worker()
    await run_to_end(worker)
    result = await bench.service(worker).result(await bench.now(job))
    assert [each["anchor"] for each in result["headings"]] == ["engines", "oil-change"]
    last = result["passages"][-1]
    assert last["code"] and "pump.stop()" in result["text"][last["start"] : last["end"]]


async def test_front_matter_that_cannot_be_read_is_a_warning(bench: Workbench) -> None:
    job = await claim(bench.store, await a_job(bench, b"---\ntitle: [a\n---\n# B\nwords\n"))
    asset = await run(bench, job)
    [warning] = (await bench.now(job)).warnings
    assert warning.code == "text.front_matter" and "front matter" in warning.message
    assert asset.title == "B" and asset.metadata == {}
    assert [each.text for each in moments(bench, job.job_id)] == ["B\nwords"]


async def test_an_encoding_that_was_only_guessed_is_a_warning(bench: Workbench) -> None:
    job = await claim(bench.store, await a_job(bench, "Привет, мир".encode("cp1251"), "a.txt"))
    await run(bench, job)
    [warning] = (await bench.now(job)).warnings
    assert warning.code == "text.encoding" and "Windows-1252" in warning.message


async def test_nothing_written_is_told_as_such(bench: Workbench) -> None:
    job = await claim(bench.store, await a_job(bench, b" \n\n", "a.txt"))
    await run(bench, job)
    assert [each.code for each in (await bench.now(job)).warnings] == ["media.no_text"]
    assert moments(bench, job.job_id) == []


@pytest.mark.parametrize(
    ("content", "error"),
    [
        (b"\x89PNG\r\n\x1a\n\x00\x00", MediaUnreadable),
        (b"x" * (MOST_BYTES + 1), MediaTooLarge),
    ],
)
async def test_what_is_no_text_or_too_much_of_it_is_refused_by_name(
    bench: Workbench, content: bytes, error: type[SpoolError]
) -> None:
    with pytest.raises(error, match=r"^page\.txt"):
        await read(bench, content, "page.txt")


@pytest.mark.parametrize("options", [{}, {"title": "Mine"}], ids=["untitled", "titled"])
async def test_a_text_of_too_many_passages_is_refused_by_name_whoever_gave_its_title(
    bench: Workbench, monkeypatch: pytest.MonkeyPatch, options: dict[str, str]
) -> None:
    monkeypatch.setattr(document, "MOST_PASSAGES", 3)
    with pytest.raises(MediaTooLarge, match=r"^a\.mdx: a text may have 3 passages"):
        await read(bench, b"# a\n" * 4, **options)


async def test_a_heading_without_end_makes_no_title_without_end(bench: Workbench) -> None:
    asset = await read(bench, b"# " + b"word " * 2000)
    assert asset.title == ("word " * 40).strip()


async def test_a_text_that_was_kept_stands_when_the_file_is_gone(bench: Workbench) -> None:
    job = await claim(bench.store, await a_job(bench, b"once here", "a.txt"))
    asset = await run(bench, job)
    (bench.folder / "a.txt").unlink()
    again = await run(bench, job)
    assert (again.text, again.revision) == ("once here", asset.revision)


async def test_a_corrected_text_is_found_by_its_new_words_and_not_by_its_old_ones(
    bench: Workbench,
) -> None:
    job = await a_job(bench, b"# Old\n\nrust and dust\n", "a.md")
    await bench.queue.enqueue({"job_id": job.job_id}, job.options.priority)
    await run_to_end(bench.worker())
    await bench.assets.edit(job.job_id, AssetChanges(text="# New\n\nchrome\n"))
    assert await reindex(job.job_id, bench.books, bench.embedder, bench.index)
    assert [(each.anchor, each.text) for each in moments(bench, job.job_id)] == [
        ("new", "New\nchrome")
    ]


async def test_a_row_from_before_formats_were_told_is_read_as_plain(bench: Workbench) -> None:
    asset = await read(bench, b"a\n\n*b*\n", "a.txt")
    assert [each.text for each in moments_of(asset, None, MarkdownTexts())] == ["a\n*b*"]
