"""The service as the command line sees it: a few calls over HTTP."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx2

from app.config import load_settings
from app.domain.errors import SpoolError, Unavailable

CHUNK = 1024 * 1024  # bytes
TIMEOUT = httpx2.Timeout(60.0, connect=5.0)
#: Addresses that listen everywhere; one talks to them here.
EVERYWHERE = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}


class Client:
    """Raises SpoolError with the service's own words when it refuses."""

    def __init__(self, server: str | None) -> None:
        self.server = (server or os.environ.get("SPOOL_SERVER") or _configured()).rstrip("/")
        self._http = httpx2.Client(base_url=self.server, timeout=TIMEOUT, trust_env=False)

    def upload(
        self, file: Path, options: dict[str, str], sent: Callable[[int], None]
    ) -> dict[str, Any]:
        """The file as raw body; `sent` is told the bytes of each chunk as it leaves."""
        headers = {
            "Content-Length": str(file.stat().st_size),
            "Content-Type": "application/octet-stream",
        }
        parameters = {"filename": file.name} | options
        return self._call(
            "POST",
            "/api/v1/ingest",
            params=parameters,
            headers=headers,
            content=_chunks(file, sent),
        )

    def submit_url(self, url: str, options: dict[str, str]) -> dict[str, Any]:
        return self._call("POST", "/api/v1/ingest", params=options, json={"url": url})

    def job(self, job_id: str, wait: float = 0.0) -> dict[str, Any]:
        return self._call("GET", f"/api/v1/jobs/{job_id}", params={"wait": str(wait)})

    def result(self, job_id: str, form: str) -> str:
        """The result as text; while the job runs, the part that is there."""
        return self._send("GET", f"/api/v1/jobs/{job_id}/result", params={"format": form}).text

    def health(self) -> dict[str, Any]:
        return self._call("GET", "/health")

    def jobs(self, parameters: dict[str, str]) -> dict[str, Any]:
        return self._call("GET", "/api/v1/jobs", params=parameters)

    def cancel(self, job_id: str) -> dict[str, Any]:
        return self._call("POST", f"/api/v1/jobs/{job_id}/cancel")

    def retry(self, job_id: str) -> dict[str, Any]:
        return self._call("POST", f"/api/v1/jobs/{job_id}/retry")

    def delete(self, job_id: str) -> None:
        self._send("DELETE", f"/api/v1/jobs/{job_id}")

    def dead_letters(self) -> Iterator[dict[str, Any]]:
        """All of them, newest first."""
        cursor: dict[str, str] = {}
        while True:
            page = self._call("GET", "/api/v1/dead-letters", params={"limit": "200"} | cursor)
            yield from page["jobs"]
            if page["cursor"] is None:
                return
            cursor = {"cursor": page["cursor"]}

    def replay(self, job_id: str) -> dict[str, Any]:
        return self._call("POST", f"/api/v1/dead-letters/{job_id}/replay")

    def replay_all(self) -> list[str]:
        path = "/api/v1/dead-letters/replay"
        replayed: list[str] = self._call("POST", path, timeout=None)["replayed"]  # may be many
        return replayed

    def search(self, parameters: dict[str, str]) -> dict[str, Any]:
        return self._call("GET", "/api/v1/search", params=parameters)

    def deliveries(self, parameters: dict[str, str]) -> dict[str, Any]:
        return self._call("GET", "/api/v1/webhooks/deliveries", params=parameters)

    def delivery(self, delivery_id: str) -> dict[str, Any]:
        return self._call("GET", f"/api/v1/webhooks/deliveries/{delivery_id}")

    def replay_delivery(self, delivery_id: str) -> dict[str, Any]:
        return self._call("POST", f"/api/v1/webhooks/deliveries/{delivery_id}/replay")

    def _call(self, method: str, path: str, **request: Any) -> dict[str, Any]:
        return _json(self._send(method, path, **request))

    def _send(self, method: str, path: str, **request: Any) -> httpx2.Response:
        try:
            response = self._http.request(method, path, **request)
        except httpx2.HTTPError as error:
            raise Unavailable(
                f"no answer from {self.server}: {error}", hint="start it with `spool serve`"
            ) from error
        if response.is_error:
            said = _json(response).get("error", {})
            raise SpoolError(said.get("message", response.text), hint=said.get("hint"))
        return response


def _json(response: httpx2.Response) -> dict[str, Any]:
    try:
        body: dict[str, Any] = response.json()
    except ValueError as error:
        raise SpoolError(f"{response.url} answered no JSON: is this a Spool?") from error
    return body


def _configured() -> str:
    server = load_settings().server
    return f"http://{EVERYWHERE.get(server.host, server.host)}:{server.port}"


def _chunks(file: Path, sent: Callable[[int], None]) -> Iterator[bytes]:
    with file.open("rb") as source:
        while chunk := source.read(CHUNK):
            yield chunk
            sent(len(chunk))
