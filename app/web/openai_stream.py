"""A transcript as OpenAI streams it: server-sent events, segment by segment."""

import json
from collections.abc import AsyncIterator
from typing import Any

from loguru import logger
from pydantic import BaseModel
from starlette.responses import StreamingResponse
from starlette.types import Receive, Scope, Send

from app.domain.errors import Conflict, SpoolError
from app.domain.jobs import Job
from app.services.follow import EventKind, JobEvent
from app.web.cached import NOT_KEPT
from app.web.openai_errors import failure, translated
from app.web.openai_schemas import TextDelta, TextDone
from app.web.presence import Presence


class TranscriptStream(StreamingResponse):
    """A client that hangs up cancels the job."""

    def __init__(self, presence: Presence, first: JobEvent, headers: dict[str, str]) -> None:
        self._presence, self._begun = presence, False
        super().__init__(
            self._lines(first),
            headers=headers | NOT_KEPT | {"X-Accel-Buffering": "no"},
            media_type="text/event-stream",
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await super().__call__(scope, receive, send)
        finally:
            await self._presence.aclose()

    async def _lines(self, first: JobEvent) -> AsyncIterator[str]:
        try:
            async for line in self._told(first):
                yield line
        except SpoolError as error:  # the status is sent: only an event can still say it
            logger.warning("a stream ends early: {}", error.message)
            told = {"code": error.code, "message": error.message, "hint": error.hint}
            yield _event(translated(503, told)[1])

    async def _told(self, event: JobEvent) -> AsyncIterator[str]:
        while event.kind is not EventKind.DONE:
            if event.segment is not None and (text := event.segment.text.strip()):
                yield self._delta(text)
            event = await self._presence.next()
        yield await self._end(event.job)

    def _delta(self, text: str) -> str:
        """Joined, they are the whole text."""
        delta = f" {text}" if self._begun else text
        self._begun = True
        return _event(TextDelta(delta=delta))

    async def _end(self, job: Job) -> str:
        try:
            transcript = await self._presence.transcript(job)
        except Conflict:
            return _event(failure(job)[1])
        return _event(TextDone(text=transcript.text))


def _event(content: BaseModel | dict[str, Any]) -> str:
    """OpenAI's events have no name: their type stands in the data."""
    plain = content.model_dump() if isinstance(content, BaseModel) else content
    return f"data: {json.dumps(plain, ensure_ascii=False)}\n\n"
