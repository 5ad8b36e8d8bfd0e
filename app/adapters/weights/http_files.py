"""Downloads over HTTP: streamed, checked against what the server announced, errors translated."""

import hashlib
import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING

from app.adapters.weights.source import part_of
from app.domain.errors import ModelCorrupt, ModelNotFound
from app.ports import Progress

if TYPE_CHECKING:
    import httpx2

CONNECT = 5.0  # seconds
SILENCE = 30.0  # seconds without a byte
MOST_LISTED = 16 * 1024 * 1024  # bytes that a list of files has
SHA256 = re.compile("[0-9a-f]{64}")


class HttpFiles:
    """A client for a few downloads. Raises ModelNotFound, and ModelCorrupt for broken files."""

    def __init__(self) -> None:
        import httpx2

        self._client = httpx2.Client(
            follow_redirects=True,
            timeout=httpx2.Timeout(SILENCE, connect=CONNECT),
            # Compressed, the announced length would not be that of the file.
            headers={"Accept-Encoding": "identity"},
        )

    def __enter__(self) -> "HttpFiles":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._client.close()

    def listing(self, url: str) -> list[str]:
        """Paths of the files in a repository, as the hub's API tells them."""
        with _translated(url), self._client.stream("GET", url) as response:
            _insist(response)
            told = _short(response)
        try:
            return [str(item["rfilename"]) for item in json.loads(told)["siblings"]]
        except (ValueError, KeyError, TypeError, RecursionError) as error:
            raise ModelNotFound(f"{url} gave no list of files") from error

    def fetch(self, url: str, target: Path, progress: Progress) -> None:
        """Stream to `target`; its size and, where the hub tells it, its sha256 are checked."""
        with _translated(url), self._client.stream("GET", url) as response:
            _insist(response)
            size, sha256 = _announced(response)
            share = part_of(progress, 0.0, 1.0 / size) if size else _silent
            written, found = _save(response, target, share)
        if size is not None and written != size:
            raise ModelCorrupt(f"{url} gave {written} bytes, not {size}")
        if sha256 is not None and found != sha256:
            raise ModelCorrupt(f"{url} gave a file with the sha256 {found}, not {sha256}")
        progress(1.0)


def _short(response: "httpx2.Response") -> bytes:
    """Its body. Raises ModelNotFound when it is longer than any list of files."""
    body = bytearray()
    for block in response.iter_bytes():
        body += block
        if len(body) > MOST_LISTED:
            raise ModelNotFound(f"{response.url} gave more than {MOST_LISTED} bytes")
    return bytes(body)


def _save(response: "httpx2.Response", target: Path, progress: Progress) -> tuple[int, str]:
    """Bytes and sha256 of what came. Raises ModelCorrupt when it breaks off."""
    import httpx2

    seen = hashlib.sha256()
    written = 0
    with target.open("wb") as file:
        try:
            for block in response.iter_raw():
                seen.update(block)
                written += file.write(block)
                progress(written)
        except httpx2.HTTPError as error:
            raise ModelCorrupt(f"{response.url} broke off at {written} bytes: {error}") from error
    return written, seen.hexdigest()


def _silent(done: float) -> None:
    """For files of unknown size."""


def _announced(response: "httpx2.Response") -> tuple[int | None, str | None]:
    """The hub tells the sha256 before it sends us on to where the file lies."""
    length = response.headers.get("Content-Length")
    size = int(length) if length and length.isdigit() else None
    for answer in [*response.history, response]:
        # Of small files this is a git hash, which is shorter.
        found = SHA256.fullmatch(answer.headers.get("X-Linked-Etag", "").strip('W/"'))
        if found:
            return size, found.group()
    return size, None


def _insist(response: "httpx2.Response") -> None:
    if response.status_code != 200:
        raise ModelNotFound(f"{response.url} answered {response.status_code}")


@contextmanager
def _translated(url: str) -> Iterator[None]:
    import httpx2

    try:
        yield
    except (httpx2.HTTPError, httpx2.InvalidURL) as error:
        raise ModelNotFound(f"{url} cannot be reached: {error}") from error
