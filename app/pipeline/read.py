"""First filter of a text: what is written, and what its author tells in front of it."""

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from app.domain.assets import NOTHING, Asset, asset_of
from app.domain.crashpoints import reached
from app.domain.errors import MediaTooLarge, MediaUnreadable, StorageError
from app.domain.jobs import Job, Stage
from app.domain.writing.encoding import Decoded, decoded
from app.domain.writing.formats import MOST_BYTES, TextFormat, text_format_of
from app.domain.writing.front_matter import front_matter_of
from app.domain.writing.told import Told, told_by
from app.pipeline.fetch import source_of
from app.pipeline.fingerprint import note_bytes
from app.pipeline.tools import Tools
from app.pipeline.work import Work
from app.ports import PageReader

GUESSED = "it is read as Windows-1252, in which letters of other alphabets become others"


async def read(tools: Tools, work: Work) -> None:
    """A text that was kept stands: an attempt after it goes on with what comes after."""
    kept = await tools.assets.of_job(work.job.job_id)
    work.asset = kept or await _first(tools, work)


async def _first(tools: Tools, work: Work) -> Asset:
    await work.report.enter(Stage.EMBEDDING)
    held = await source_of(tools, work)
    reached("text.begun")
    async with held.reading() as source:
        content = await asyncio.to_thread(_content, source, work.job.source_name)
    await note_bytes(work, held)
    if content.is_guessed:
        await work.report.warn("text.encoding", f"neither marked nor UTF: {GUESSED}")
    text = content.text
    if not text.strip():
        await work.report.warn("media.no_text", "nothing is written in it")
    text_format = text_format_of(work.job.source_name)
    told = told_by(await _front_matter(tools, work, text, text_format))
    found = await asyncio.to_thread(_found, tools.texts, work.job, text, text_format, told)
    asset = await tools.assets.settle(work.job, found)
    reached("text.kept")
    return asset


def _content(source: Path, name: str) -> Decoded:
    try:
        size = source.stat().st_size
        if size > MOST_BYTES:
            raise MediaTooLarge(f"{name}: a text of {size} bytes; {MOST_BYTES} are the most")
        return decoded(source.read_bytes(), name)
    except OSError as error:
        raise StorageError(f"{name} cannot be read: {error.strerror}") from error


async def _front_matter(
    tools: Tools, work: Work, text: str, text_format: TextFormat
) -> Mapping[str, Any]:
    """What cannot be read is a warning: the text itself stands."""
    if not text_format.marked_up:
        return NOTHING
    front = await asyncio.to_thread(front_matter_of, text)
    if front is None:
        return NOTHING
    try:
        return await tools.front_matter.read(front)
    except MediaUnreadable as error:
        await work.report.warn("text.front_matter", f"not taken up: {error.message}")
        return NOTHING


def _heading(texts: PageReader, name: str, text: str, text_format: TextFormat) -> str | None:
    """Its title, if it has one. Raises MediaTooLarge when it has too many passages."""
    try:
        return texts.read(text, text_format).title
    except MediaTooLarge as error:
        raise MediaTooLarge(f"{name}: {error.message}") from error


def _found(texts: PageReader, job: Job, text: str, text_format: TextFormat, told: Told) -> Asset:
    """What the owner asks for goes before what the text says."""
    options = job.options
    heading = _heading(texts, job.source_name, text, text_format)
    asset = asset_of(
        job,
        title=options.title or told.title or heading,
        description=options.description or told.description,
        text=text,
        text_format=text_format,
        metadata=told.metadata,
    )
    labels = tuple(dict.fromkeys((*options.labels, *told.labels)))
    return replace(asset, labels=labels, link=options.link or told.link)
