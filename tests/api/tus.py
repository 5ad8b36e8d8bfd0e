"""A client of `/api/v1/uploads` that says exactly what it is told to say."""

import base64
import hashlib
from typing import Any

import httpx2

UPLOADS = "/api/v1/uploads"
CHUNK = "application/offset+octet-stream"
VERSION = {"Tus-Resumable": "1.0.0"}


def metadata(**said: str) -> str:
    return ",".join(f"{key} {in_base64(value.encode())}" for key, value in said.items())


def in_base64(value: bytes) -> str:
    return base64.b64encode(value).decode()


def checksum(content: bytes, algorithm: str = "sha1") -> dict[str, str]:
    digest = hashlib.new(algorithm, content).digest()
    return {"Upload-Checksum": f"{algorithm} {in_base64(digest)}"}


async def created(http: httpx2.AsyncClient, length: int, **said: str) -> str:
    """The URL of a new upload."""
    answer = await create(http, length, **said)
    assert answer.status_code == 201, answer.text
    return str(answer.headers["location"])


async def create(http: httpx2.AsyncClient, length: int, **said: str) -> httpx2.Response:
    headers = {"Upload-Length": str(length), "Upload-Metadata": metadata(**said)}
    return await http.post(UPLOADS, headers=VERSION | headers)


async def look(http: httpx2.AsyncClient, url: str) -> httpx2.Response:
    return await http.head(url, headers=VERSION)


async def offset(http: httpx2.AsyncClient, url: str) -> int:
    answer = await look(http, url)
    assert answer.status_code == 200, answer.text
    return int(answer.headers["upload-offset"])


async def send(
    http: httpx2.AsyncClient, url: str, at: int, content: Any, **more: str
) -> httpx2.Response:
    """`more`: headers, with `_` for `-`."""
    given = {name.replace("_", "-"): value for name, value in more.items()}
    headers = {**VERSION, "Upload-Offset": str(at), "Content-Type": CHUNK, **given}
    return await http.patch(url, headers=headers, content=content)
