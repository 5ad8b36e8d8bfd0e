"""From what the service says to what an agent is told."""

from collections.abc import Sequence
from typing import Any, Literal
from urllib.parse import quote, urljoin

from app.agents import parts, told
from app.agents.parts import Cut
from app.client import Asset, Hit, Job, Result, Segment, Ticket, snippets
from app.client.answers import Found, Moment, Problem
from app.client.assets import AssetPage
from app.domain.media_types import in_seconds

MAX_DESCRIPTION = 300  # characters in a list
AT_WORK = "call job_status with wait=30 until `ended` is true, then transcript or search"
DONE = "call transcript with this asset_id to read it, or search"
FAILED = "it will not go on by itself; `error` says why"
CANCELLED = "somebody cancelled it; ingest the source again if it is still wanted"


def taken(ticket: Ticket) -> told.Taken:
    return told.Taken(
        job_id=ticket.job_id,
        asset_id=ticket.job_id,  # as long as nobody gives it another name
        status=ticket.status,
        go_on=AT_WORK,
    )


def job_state(job: Job) -> told.JobState:
    return told.JobState(
        job_id=job.job_id,
        asset_id=job.asset_id,
        title=job.title,
        status=job.status,
        ended=job.ended,
        stage=job.stage,
        progress=job.progress,
        eta=job.eta,
        queue_position=job.queue_position,
        error=_trouble(job.error) if job.error else None,
        warnings=[_trouble(each) for each in job.warnings],
        go_on=_go_on(job),
    )


def part(
    cut: Cut, result: Result, media_type: str | None, unit: Literal["seconds", "characters"]
) -> told.Part:
    spoken = result.language_detection
    return told.Part(
        job_id=result.job_id,
        title=result.title,
        media_type=media_type,
        language=spoken.language if spoken else None,
        duration=result.duration,
        unit=unit,
        start=cut.start,
        end=cut.end,
        next=cut.next,
        complete=_complete(result),
        text=cut.text,
    )


def hits(found: Found, server: str) -> told.Hits:
    return told.Hits(
        hits=[_hit(each, server) for each in found.hits],
        mode=found.mode,
        notice=found.notice,
        cursor=found.cursor,
    )


def around(
    asset: Asset,
    result: Result,
    at: float,
    span: tuple[float, float],
    frames: Sequence[Asset],
    notice: str | None,
    server: str,
) -> told.Around:
    first, last = span
    return told.Around(
        asset_id=asset.asset_id,
        title=asset.title,
        media_type=asset.media_type,
        at=at,
        duration=result.duration,
        complete=_complete(result),
        segments=[_spoken(each) for each in parts.within(result.segments, first, last)],
        chapters=[
            told.Chapter(start=each.start, end=each.end, title=each.title)
            for each in result.chapters
            if each.start <= last and each.end > first
        ],
        frames=[_frame(each, server) for each in frames],
        url=f"{server}/watch/{quote(asset.asset_id, safe='')}?t={in_seconds(at)}",
        notice=notice,
    )


def page(found: AssetPage, server: str) -> told.Page:
    return told.Page(assets=[_listed(each, server) for each in found.assets], cursor=found.cursor)


def _complete(result: Result) -> bool:
    """Whether it is all that will be said."""
    return result.status is None


def _go_on(job: Job) -> str:
    if not job.ended:
        return AT_WORK
    return DONE if job.completed else CANCELLED if job.status == "Cancelled" else FAILED


def _trouble(problem: Problem) -> told.Trouble:
    return told.Trouble(code=problem.code, message=problem.message)


def _hit(hit: Hit, server: str) -> told.Hit:
    moments = [told.Found(**_found(each, server)) for each in hit.moments]
    return told.Hit(**_found(hit, server), moments=moments, more=hit.more)


def _found(moment: Moment, server: str) -> dict[str, Any]:
    return {
        "asset_id": moment.asset_id,
        "parent_id": moment.parent_id,
        "media_type": moment.media_type,
        "title": moment.title,
        "start": moment.start,
        "end": moment.end,
        "snippet": "**".join(snippets.parts(moment.snippet)),
        "why": list(moment.why),
        "url": urljoin(server, moment.url),
        "thumbnail": _whole(moment.thumbnail, server),
    }


def _spoken(each: Segment) -> told.Spoken:
    return told.Spoken(start=each.start, end=each.end, text=each.text.strip(), speaker=each.speaker)


def _frame(frame: Asset, server: str) -> told.Frame:
    return told.Frame(
        asset_id=frame.asset_id,
        at=frame.at or 0.0,
        url=urljoin(server, frame.url),
        thumbnail=_whole(frame.thumbnail, server),
    )


def _listed(asset: Asset, server: str) -> told.Listed:
    return told.Listed(
        asset_id=asset.asset_id,
        media_type=asset.media_type,
        title=asset.title,
        labels=list(asset.labels),
        description=asset.description[:MAX_DESCRIPTION] or None,
        parent_id=asset.parent_id,
        at=asset.at,
        created_at=asset.created_at,
        job_id=asset.job_id,
        status=asset.status,
        url=urljoin(server, asset.url),
        thumbnail=_whole(asset.thumbnail, server),
    )


def _whole(path: str | None, server: str) -> str | None:
    return urljoin(server, path) if path else None
