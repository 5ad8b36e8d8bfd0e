"""The service in this process: real records, files, ears and index behind the real surfaces.

Only the engine is a fake, and the network between client and service.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.bootstrap.house import house
from app.config import AppSettings, load_settings
from app.domain.decoding import DecodingOptions
from app.domain.media import AudioWindow
from app.domain.transcript import WindowTranscript
from app.services.engines import EngineFactory
from app.web.app import application
from app.web.document import written
from app.web.doors import Doors
from app.web.table import DOORS
from tests.api.conformance import Conformance
from tests.fakes import FakeEngine

#: Not where anything else listens: the one private address that the service may fetch from.
MEDIA_HOST = "127.9.9.9"
MAX_FILE_SIZE = 2 * 1024 * 1024
BOUNDARY = "--boundary-of-the-tests"
INGEST = "/api/v1/ingest"


class Speaker(FakeEngine):
    """Says what it is told to; windows with a gate wait for it."""

    def __init__(self) -> None:
        super().__init__("base")
        self.texts: dict[int, str] = {}
        self.gates: dict[int, asyncio.Event] = {}

    async def transcribe(
        self, windows: Sequence[AudioWindow], options: DecodingOptions
    ) -> Sequence[WindowTranscript | None]:
        if gate := self.gates.get(windows[0].number):
            await gate.wait()
        return await super().transcribe(windows, options)

    def said(self, window: AudioWindow) -> str:
        return self.texts.get(window.number, super().said(window))

    def reset(self) -> None:
        self.hold.set()
        self.texts, self.gates, self.failures = {}, {}, {}
        self.heard.clear()
        self.options.clear()


@dataclass(frozen=True, kw_only=True)
class Spool:
    http: httpx2.AsyncClient
    asgi: ASGIApp
    doors: Doors
    engine: Speaker
    #: The service's data folder.
    data: Path
    #: The one folder that clients may name files in.
    root: Path

    async def take_in(self, content: bytes, name: str = "talk.wav", **options: str) -> str:
        """A raw upload; returns the job's id."""
        answer = await self.http.post(INGEST, content=content, params={"filename": name, **options})
        assert answer.status_code == 202, answer.text
        return str(answer.json()["job_id"])

    async def job(self, job_id: str, wait: float = 0) -> dict[str, Any]:
        answer = await self.http.get(f"/api/v1/jobs/{job_id}", params={"wait": wait})
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    async def ended(self, job_id: str) -> dict[str, Any]:
        job = await self.job(job_id, wait=120)
        assert job["finished_at"], job
        return job

    async def completed(self, job_id: str) -> dict[str, Any]:
        job = await self.ended(job_id)
        assert job["status"] == "Completed", job
        return job

    async def count(self) -> int:
        return sum((await self.http.get("/health")).json()["jobs"].values())

    def files(self) -> set[Path]:
        """What uploads leave, finished or not."""
        return {path for kept in ("video", "audio") for path in self.data.glob(f"{kept}_jobs/*")}


@asynccontextmanager
async def opened(
    folder: Path,
    model_folder: Path,
    *,
    factories: Mapping[str, EngineFactory] | None = None,
    **sections: dict[str, Any],
) -> AsyncIterator[Spool]:
    """`sections` override the settings below, key by key; `factories` make other engines."""
    engine = Speaker()

    async def make(model: str) -> Speaker:
        return engine

    root = folder / "media"
    root.mkdir(parents=True)
    settings = _settings(folder, root, model_folder, sections)
    async with house(settings, factories=factories or {"faster_whisper": make}) as doors:
        async with calling(doors) as (asgi, http):
            Conformance(written(DOORS)).watch(http)
            yield Spool(
                http=http,
                asgi=asgi,
                doors=doors,
                engine=engine,
                data=settings.storage.data_dir,
                root=root,
            )


def _settings(
    folder: Path, root: Path, models: Path, more: dict[str, dict[str, Any]]
) -> AppSettings:
    ours: dict[str, dict[str, Any]] = {
        "storage": {"data_dir": folder / "data", "models_dir": models},
        "ingestion": {
            "max_errors": 2,
            "max_crashes": 2,
            "max_file_size": MAX_FILE_SIZE,
            "allowed_roots": (root,),
            "allowed_networks": (f"{MEDIA_HOST}/32",),
        },
        "transcription": {"workers": 1},
        "search": {"backend": "onnx"},
        "models": {"hub": False},
    }
    return load_settings(
        **{name: {**ours.get(name, {}), **more.get(name, {})} for name in {*ours, *more}}
    )


@asynccontextmanager
async def calling(doors: Doors) -> AsyncIterator[tuple[ASGIApp, httpx2.AsyncClient]]:
    """A client of the surfaces over `doors`. A fault of the service is an answer, not an error."""
    app = application(doors)

    async def asgi(scope: Scope, receive: Receive, send: Send) -> None:
        await app({**scope, "state": {"doors": doors}}, receive, send)

    transport = httpx2.ASGITransport(app=asgi, raise_app_exceptions=False)
    async with httpx2.AsyncClient(transport=transport, base_url="http://localhost") as http:
        yield asgi, http


async def hang_up(asgi: ASGIApp, headers: dict[str, str], *chunks: bytes) -> list[Message]:
    """POST to ingest these chunks and no more; returns what the service still sent."""
    messages: list[Message] = [
        {"type": "http.request", "body": chunk, "more_body": True} for chunk in chunks
    ]
    sent: list[Message] = []

    async def receive() -> Message:
        return messages.pop(0) if messages else {"type": "http.disconnect"}

    async def send(message: Message) -> None:
        sent.append(message)

    scope: Scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": "POST",
        "scheme": "http",
        "path": INGEST,
        "raw_path": INGEST.encode(),
        "root_path": "",
        "query_string": b"",
        "headers": [(name.lower().encode(), value.encode()) for name, value in headers.items()],
        "client": ("127.0.0.1", 1),
        "server": ("spool", 80),
    }
    async with asyncio.timeout(30):
        await asgi(scope, receive, send)
    return sent


def multipart(*parts: tuple[str, str | None, bytes]) -> tuple[bytes, dict[str, str]]:
    """Body and headers of a form of (name, file name or None, content), in this order."""
    body = b""
    for name, filename, content in parts:
        disposition = f'form-data; name="{name}"'
        if filename is not None:
            disposition += f'; filename="{filename}"'
        head = f"--{BOUNDARY}\r\nContent-Disposition: {disposition}\r\n\r\n"
        body += head.encode() + content + b"\r\n"
    headers = {"Content-Type": f"multipart/form-data; boundary={BOUNDARY}"}
    return body + f"--{BOUNDARY}--\r\n".encode(), headers


async def in_chunks(content: bytes, size: int = 64 * 1024) -> AsyncIterator[bytes]:
    for first in range(0, len(content), size):
        yield content[first : first + size]


def error(answer: httpx2.Response, status: int, code: str | None = None) -> dict[str, Any]:
    """The one shape of every error; returns its inner part."""
    assert answer.status_code == status, (answer.status_code, answer.text)
    assert answer.headers["content-type"] == "application/json"
    body = answer.json()
    assert body.keys() == {"error"}
    found: dict[str, Any] = body["error"]
    if answer.request.url.path.startswith("/v1/"):
        return _in_openais_shape(found, code)
    assert found.keys() - {"job_id"} == {"code", "message", "hint"}, found
    assert isinstance(found["code"], str) and found["code"]
    assert isinstance(found["message"], str) and found["message"]
    assert found["hint"] is None or isinstance(found["hint"], str)
    assert isinstance(found.get("job_id", ""), str)
    if code is not None:
        assert found["code"] == code, found
    return found


def _in_openais_shape(found: dict[str, Any], code: str | None) -> dict[str, Any]:
    assert found.keys() == {"message", "type", "param", "code"}, found
    assert isinstance(found["message"], str) and found["message"]
    assert found["type"] in ("invalid_request_error", "server_error", "requests")
    assert found["param"] is None or isinstance(found["param"], str)
    assert isinstance(found["code"], str) and code in (None, found["code"]), found
    return found | {"hint": None}


async def refused(
    spool: Spool, answer: Awaitable[httpx2.Response], status: int, code: str | None = None
) -> str:
    """Refused with this status, and neither job nor file is left. Returns message and hint."""
    jobs, files = await spool.count(), spool.files()
    found = error(await answer, status, code)
    assert await spool.count() == jobs
    assert spool.files() == files
    return f"{found['message']} {found['hint']}"


def asgi_get(path: str, query: bytes = b"") -> dict[str, Any]:
    """What a server tells the application of a GET: for tests that are the client's line, too."""
    return {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": "GET",
        "scheme": "http",
        "path": path,
        "raw_path": path.encode(),
        "root_path": "",
        "query_string": query,
        "headers": [],
        "client": ("127.0.0.1", 1),
        "server": ("spool", 80),
    }
