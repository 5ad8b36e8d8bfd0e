"""The tools themselves: each is a call of the service or a few, told in an agent's terms.

What they are asked and answer stands in their signatures; an agent reads their docstrings.
"""

from collections.abc import Callable, Sequence

from anyio import Path

from app.agents import asked, parts, told, views
from app.agents.frames import frames_near
from app.agents.results import result_of
from app.client import AsyncSpool, Options, Refused, Result, Ticket
from app.domain.errors import InvalidRequest
from app.domain.jobs import Priority
from app.domain.media_types import SPOKEN, MediaType
from app.domain.search import SearchMode

#: The service knows the job, and nothing of its asset yet; or that name is a job's.
NO_ASSET = ("asset.not_found", "asset.not_ready")


class Tools:
    """`spool` is asked for at each call: it may be another caller's."""

    def __init__(self, spool: Callable[[], AsyncSpool], *, folders: Sequence[str] = ()) -> None:
        """`folders`: whoever calls is on this machine, and may send files in these."""
        self._spool, self._folders = spool, folders

    async def ingest(
        self,
        source: asked.Source,
        language: asked.Language = None,
        title: asked.Title = None,
        labels: asked.GivenLabels = None,
        topics: asked.Topics = False,
        diarize: asked.Diarize = False,
        priority: asked.Turn = Priority.NORMAL,
    ) -> told.Taken:
        """Take a medium in: audio, video, a picture or a text (Markdown, plain).

        Answers at once with a `job_id`; the work goes on as a background job, so call
        `job_status` until it has ended. The source is an http(s) URL, or the path of a file that
        the service may read.
        """
        options: Options = {
            "language": language,
            "title": title,
            "labels": labels,
            "topics": topics or None,
            "diarize": diarize or None,
            "priority": priority.value,
        }
        return views.taken(await self._take(source, options))

    async def job_status(self, job_id: asked.JobId, wait: asked.Wait = 0.0) -> told.JobState:
        """How a job is: status, progress, and why it failed if it did.

        With `wait` the answer comes as soon as the job has ended, or after so many seconds; long
        media take many such calls.
        """
        return views.job_state(await self._spool().job(job_id, wait=wait))

    async def transcript(
        self,
        asset_or_job: asked.AssetOrJob,
        start: asked.Start = 0.0,
        end: asked.End = None,
        format: asked.Format = "timed",
        max_chars: asked.Budget = 8000,
    ) -> told.Part:
        """What is said in a medium, with times; or what stands in a text or picture.

        Long ones come in parts: call again with `start` set to `next`. To find a place in it use
        `search` rather than reading it all. While the job still runs, what has been heard so far.
        """
        media_type, result = await self._result(asset_or_job)
        if _is_read(media_type, result):
            cut = parts.of_text(result.text, start, end, max_chars)
            return views.part(cut, result, media_type, "characters")
        cut = parts.of_speech(result.segments, format, start, end, max_chars)
        return views.part(cut, result, media_type, "seconds")

    async def search(
        self,
        query: asked.Query,
        mode: asked.Mode = SearchMode.HYBRID,
        media_type: asked.Kind = None,
        labels: asked.WithLabels = None,
        asset_id: asked.Within = None,
        limit: asked.Hits = 10,
        cursor: asked.Cursor = None,
    ) -> told.Hits:
        """Find moments in everything that was taken in: speech, pictures, key-frames, texts.

        A hit is a medium with its best moment, and others in `moments`. Where `why` says only
        `semantic` it may not fit: read around it with `moments` before you rely on it.
        """
        spool = self._spool()
        found = await spool.search(
            query,
            mode=mode.value,
            media_type=media_type and media_type.value,
            labels=labels or (),
            asset_id=asset_id,
            limit=limit,
            cursor=cursor,
        )
        return views.hits(found, spool.address)

    async def moments(
        self,
        asset_id: asked.AssetId,
        at: asked.At,
        before: asked.Before = 15.0,
        after: asked.After = 15.0,
    ) -> told.Around:
        """What is said around a second of a recording: the words with their times, the chapter,
        and links to key-frames of a video near it. For the `start` of a hit of `search`. While the
        job still runs, what has been heard so far."""
        spool = self._spool()
        asset = await spool.asset(asset_id)
        if asset.media_type not in SPOKEN:
            raise InvalidRequest(
                f"{asset_id} is of the kind {asset.media_type}: nobody speaks in it",
                hint="for a key-frame use its parent_id; texts are read with `transcript`",
            )
        result = await result_of(spool, asset.found_by or asset.job_id)
        first, last = max(0.0, at - before), at + after
        film = asset.media_type == MediaType.VIDEO
        frames, notice = await frames_near(spool, asset_id, first, last) if film else ((), None)
        return views.around(asset, result, at, (first, last), frames, notice, spool.address)

    async def list_assets(
        self,
        media_type: asked.Kind = None,
        parent_id: asked.Parent = None,
        limit: asked.Assets = 20,
        cursor: asked.Cursor = None,
    ) -> told.Page:
        """The media that there are, the newest first: to find your way, or the one that was just
        taken in. Key-frames only when asked for by `media_type` or `parent_id`."""
        spool = self._spool()
        page = await spool.assets(
            media_type=media_type and media_type.value,
            parent_id=parent_id,
            limit=limit,
            cursor=cursor,
        )
        return views.page(page, spool.address)

    async def _take(self, source: str, options: Options) -> Ticket:
        spool = self._spool()
        if "://" in source:
            return await spool.submit_url(source, **options)
        if (file := await self._own(source)) is not None:
            return await spool.upload(file, filename=Path(source).name, **options)
        return await spool.submit_path(source, **options)

    async def _own(self, source: str) -> Path | None:
        """A file of this machine, where links lead; others are the service's to judge."""
        if not self._folders or not await Path(source).is_file():
            return None
        file = await Path(source).resolve()
        inside = [file.is_relative_to(await Path(each).resolve()) for each in self._folders]
        return file if any(inside) else None

    async def _result(self, name: str) -> tuple[str | None, Result]:
        """What is kept of the asset of that name; else by the job."""
        spool = self._spool()
        try:
            asset = await spool.asset(name)
        except Refused as error:
            if error.code not in NO_ASSET:
                raise
            return None, await result_of(spool, name)
        return asset.media_type, await result_of(spool, asset.found_by or asset.job_id)


def _is_read(media_type: str | None, result: Result) -> bool:
    """And not listened to."""
    if media_type is None:
        return not result.segments and bool(result.text)
    return media_type not in SPOKEN
