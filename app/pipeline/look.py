"""First filter of a picture: decoded, made small, read and looked at."""

from collections.abc import Awaitable, Callable
from dataclasses import replace

from app.domain.assets import Asset, Picture, asset_of
from app.domain.crashpoints import reached
from app.domain.errors import EngineError, MediaError, SourceError, Unavailable
from app.domain.jobs import Stage, thumbnail_key
from app.domain.media_types import MediaType
from app.domain.pictures import Bitmap
from app.pipeline.bitmap import bitmap_of
from app.pipeline.fetch import source_of
from app.pipeline.fingerprint import note_bytes
from app.pipeline.report import told
from app.pipeline.tools import Tools
from app.pipeline.work import Work

#: Of a job's progress, behind each step.
DEVELOPED, READ, SEEN = 0.2, 0.7, 0.9
#: Looks for one thing more; None where nothing was found.
Step = Callable[[Tools, Bitmap, Picture], Awaitable[Picture]]


async def look(tools: Tools, work: Work) -> None:
    """A picture that was kept stands: an attempt after it looks only for what is missing."""
    kept = await tools.assets.of_job(work.job.job_id)
    work.asset = await _again(tools, work, kept) if kept else await _first(tools, work)


async def _first(tools: Tools, work: Work) -> Asset:
    await work.report.enter(Stage.MEDIA_EXTRACTION)
    held = await source_of(tools, work)
    reached("picture.begun")
    bitmap = await bitmap_of(tools, work)
    if work.job.media_type is not MediaType.KEYFRAME:  # thousands, and of a video that is known
        await note_bytes(work, held)
    await _keep_small(tools, work, bitmap)
    work.report.progress(DEVELOPED)
    blank = Picture(width=bitmap.size.width, height=bitmap.size.height)
    picture = await _looked_at(tools, work, bitmap, blank)
    asset = await tools.assets.settle(work.job, asset_of(work.job, picture=picture))
    reached("picture.kept")
    return asset


async def _keep_small(tools: Tools, work: Work, bitmap: Bitmap) -> None:
    key = thumbnail_key(work.job.job_id)
    thumbnail = tools.scratch.path(key)
    try:
        await tools.pictures.darkroom.shrink(bitmap, thumbnail)
        await tools.scratch.keep(key)
    finally:
        tools.scratch.let_go(thumbnail)


async def _again(tools: Tools, work: Work, kept: Asset) -> Asset:
    """The source may be gone by now, or become another: that takes nothing away."""
    if kept.picture is None or not _lacks(tools, kept.picture):
        return kept
    try:
        await source_of(tools, work)
        await work.report.enter(Stage.MEDIA_EXTRACTION)
        bitmap = await bitmap_of(tools, work)
    except SourceError:
        return kept
    except (MediaError, EngineError) as error:
        await work.report.warn("visual.failed", f"not looked at: {told(error)}")
        return kept
    picture = await _looked_at(tools, work, bitmap, kept.picture)
    return await _noted(tools, kept, kept.picture, picture)


async def _noted(tools: Tools, kept: Asset, before: Picture, found: Picture) -> Asset:
    """What its owner corrects during the look stands."""
    while found != before:
        assert kept.picture is not None
        if noted := await tools.assets.note_picture(kept, _joined(kept.picture, before, found)):
            return noted
        now = await tools.assets.of_job(kept.job_id)
        if now is None or now.picture is None:  # deleted, or taken in anew
            return kept
        kept = now
    return kept


def _joined(now: Picture, before: Picture, found: Picture) -> Picture:
    """What stands by now, and of what was found that which nobody told meanwhile."""
    if (now.lines, now.read) == (before.lines, before.read):
        now = replace(now, lines=found.lines, read=found.read)
    if now.visual is not None:
        return now
    return replace(now, visual=found.visual, visual_model=found.visual_model, tags=found.tags)


def _lacks(tools: Tools, picture: Picture) -> bool:
    able = tools.pictures
    return bool((able.reader and not _is_read(picture)) or (able.eyes and picture.visual is None))


def _is_read(picture: Picture) -> bool:
    return picture.read or bool(picture.lines)


async def _looked_at(tools: Tools, work: Work, bitmap: Bitmap, picture: Picture) -> Picture:
    if not _is_read(picture):
        picture = await _tried(_with_text, "ocr", "not read", tools, work, bitmap, picture)
    work.report.progress(READ)
    if picture.visual is None:
        picture = await _tried(_with_sight, "visual", "not looked at", tools, work, bitmap, picture)
    work.report.progress(SEEN)
    return picture


async def _tried(
    step: Step, code: str, failure: str, tools: Tools, work: Work, bitmap: Bitmap, picture: Picture
) -> Picture:
    """A step that fails, be it a fault of ours, is a warning: the rest of the picture stands."""
    try:
        return await step(tools, bitmap, picture)
    except Exception as error:
        ending = "unavailable" if isinstance(error, Unavailable) else "failed"
        if not _is_told_of_its_video(work, f"{code}.{ending}"):
            await work.report.warn(f"{code}.{ending}", f"{failure}: {told(error)}")
        return picture


def _is_told_of_its_video(work: Work, code: str) -> bool:
    """Once, and not of each of thousands of key-frames."""
    return code == "ocr.unavailable" and work.job.media_type is MediaType.KEYFRAME


async def _with_text(tools: Tools, bitmap: Bitmap, picture: Picture) -> Picture:
    reader = tools.pictures.reader
    if reader is None:
        return picture
    return replace(picture, lines=tuple(await reader.read(bitmap)), read=True)


async def _with_sight(tools: Tools, bitmap: Bitmap, picture: Picture) -> Picture:
    if tools.pictures.eyes is None:
        return picture
    sight = await tools.pictures.eyes.see(bitmap)
    return replace(picture, visual=sight.vector, visual_model=sight.model, tags=sight.tags)
