"""A multipart form: its fields in memory, its one file on disk."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import TypeAlias

from multipart import MultipartSegment
from starlette.requests import Request

from app.domain.errors import InvalidRequest, TooLarge
from app.services.intake import Intake, Upload
from app.web import body

MAX_FIELD = 64 * 1024  # bytes of one form field

#: Takes a file's name and bytes to disk.
Take: TypeAlias = Callable[[str, AsyncIterator[bytes]], Awaitable[Upload]]


@dataclass
class Form:
    """Its parts may come in any order."""

    fields: list[tuple[str, str]] = field(default_factory=list)
    upload: Upload | None = None

    @property
    def file(self) -> Upload:
        """Raises InvalidRequest when the form has none."""
        if self.upload is None:
            raise InvalidRequest("file: is missing", hint="send it as curl -F file=@FILE does")
        return self.upload

    async def read(self, events: AsyncIterator[body.Event], take: Take) -> None:
        async for part in events:
            assert isinstance(part, MultipartSegment)  # each part is read to its end below
            if part.filename is None and part.name != "file":
                self.fields.append((part.name or "", await _text(part.name, events)))
            elif part.name != "file" or self.upload is not None:
                raise InvalidRequest(f"{part.name}: exactly one file, in the field `file`")
            else:
                self.upload = await take(part.filename or "upload", _bytes(events))


@asynccontextmanager
async def read_form(request: Request, intake: Intake, take: Take) -> AsyncIterator[Form]:
    """The form, read to its end, to be checked in the block: a file that is refused there goes.

    Submit it after the block. Raises InvalidRequest when the body is no whole form.
    """
    if body.media_type(request) != "multipart/form-data":
        hint = "send a form with the field `file`, as curl -F file=@FILE does"
        raise InvalidRequest("the body is no multipart form", hint=hint)
    form = Form()
    try:
        await form.read(body.multipart_events(request), take)
        yield form
    except BaseException:
        if form.upload is not None:
            await intake.discard(form.upload)
        raise


async def _bytes(events: AsyncIterator[body.Event]) -> AsyncIterator[bytes]:
    async for event in events:
        if not isinstance(event, bytes):
            return
        yield event


async def _text(name: str | None, events: AsyncIterator[body.Event]) -> str:
    value = bytearray()
    async for chunk in _bytes(events):
        value += chunk
        if len(value) > MAX_FIELD:
            raise TooLarge(
                f"{name}: a form field may have {MAX_FIELD} bytes", code="body.too_large"
            )
    try:
        return value.decode()
    except UnicodeDecodeError as error:
        raise InvalidRequest(f"{name}: not UTF-8") from error
