"""Answers with a file of any size, or with a stretch of it."""

from collections.abc import AsyncIterator, Mapping
from contextlib import ExitStack, closing
from email.utils import formatdate
from urllib.parse import quote

from loguru import logger
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.types import Receive, Scope, Send

from app.domain.errors import SpoolError
from app.services.media import Medium
from app.web.cached import has
from app.web.ranges import Stretch, wanted

PIECE = 256 * 1024  # bytes in memory at a time
#: Letters of a file name that stand for themselves in a header.
PLAIN = frozenset(" ._-()")
MOST_LETTERS = 150  # of a file name


class FileAnswer(StreamingResponse):
    """Closes the file, however it ends. Where its store fails under way the answer does not come to
    its end: the connection is cut, and the client knows."""

    def __init__(
        self, medium: Medium, stretch: Stretch, status: int, headers: Mapping[str, str]
    ) -> None:
        pieces = _pieces(medium, stretch)
        super().__init__(pieces, status, headers, media_type=medium.content_type)
        self._file, self._job_id = medium.file, medium.job_id

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        with closing(self._file):
            try:
                await super().__call__(scope, receive, send)
            except SpoolError as error:
                logger.bind(job_id=self._job_id).warning("sent in part: {}", error.message)


def sent(request: Request, medium: Medium, headers: Mapping[str, str]) -> Response:
    """What of the medium the request wants; of a HEAD only what there is to tell.

    Raises RangeUnsatisfiable. The medium is closed when this raises, or once it is sent.
    """
    etag, date = marks = _marks(medium)
    told = {**headers, "ETag": etag, "Last-Modified": date, "Accept-Ranges": "bytes"}
    with ExitStack() as at_the_end:
        at_the_end.callback(medium.file.close)
        if has(request, etag):
            return Response(status_code=304, headers=told)
        if request.method == "HEAD":  # for which ranges mean nothing
            told["Content-Length"] = str(medium.size)
            return Response(headers=told, media_type=medium.content_type)
        stretch = wanted(request.headers, medium.size, marks)
        answer = _streamed(medium, stretch, told)
        at_the_end.pop_all()
        return answer


def disposition(kind: str, name: str) -> str:
    """`kind`: inline or attachment. Whatever the file is called, this is one header (RFC 6266)."""
    name = "".join(filter(str.isprintable, name))[-MOST_LETTERS:]
    plain = "".join(letter if _is_plain(letter) else "_" for letter in name)
    told = f'{kind}; filename="{plain}"'
    if plain == name:
        return told
    return f"{told}; filename*=UTF-8''{quote(name.encode(errors='replace'), safe='')}"


def _is_plain(letter: str) -> bool:
    return letter.isascii() and (letter.isalnum() or letter in PLAIN)


def _streamed(medium: Medium, stretch: Stretch | None, told: dict[str, str]) -> FileAnswer:
    if stretch is None:
        status, stretch = 200, Stretch(first=0, end=medium.size)
    else:
        status = 206
        place = f"{stretch.first}-{stretch.end - 1}/{medium.size}"
        told = told | {"Content-Range": f"bytes {place}"}
    told = told | {"Content-Length": str(stretch.size)}
    return FileAnswer(medium, stretch, status, told)


def _marks(medium: Medium) -> tuple[str, str]:
    """ETag and date. What another job brought is another file, whatever its size and date."""
    etag = f'"{medium.size:x}-{medium.modified:x}-{medium.job_id[:8]}"'
    return etag, formatdate(medium.modified / 1e9, usegmt=True)


async def _pieces(medium: Medium, stretch: Stretch) -> AsyncIterator[bytes]:
    """Fewer where the file has become shorter: the connection is then cut, and the client knows."""
    first = stretch.first
    while first < stretch.end:
        number = min(PIECE, stretch.end - first)
        piece = await medium.file.read(first, number)
        if not piece:
            return
        yield piece
        first += len(piece)
