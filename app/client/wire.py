"""What both clients share of HTTP: addresses, arguments, answers, and which troubles pass."""

import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx2
import stamina

from app.client.exchange import Reply, Request
from app.client.refusal import Refused, Unreachable, refused
from app.domain.errors import InvalidRequest

HERE = "http://127.0.0.1:8000"
CONNECT = 5.0  # seconds
#: The connection broke: whether the request arrived is not known.
BROKEN = (httpx2.NetworkError, httpx2.RemoteProtocolError, httpx2.ConnectTimeout)
#: So did a stream of events; nothing heard for long is the same.
BROKEN_STREAM = (*BROKEN, httpx2.ReadTimeout)
TRIES = 4
#: What is tried again is told to those who listen to logging, not to everybody's terminal.
logging.getLogger("stamina").addHandler(logging.NullHandler())


def options(server: str | None, api_key: str | None) -> dict[str, Any]:
    """For either of httpx2's clients. Empty and missing arguments are looked for in the
    environment."""
    address = (server or os.environ.get("SPOOL_SERVER") or HERE).rstrip("/")
    key = api_key or os.environ.get("SPOOL_API_KEY")
    return {
        "base_url": _url(address if "://" in address else f"http://{address}"),
        "headers": {"Authorization": f"Bearer {key}"} if key else {},
        "trust_env": False,  # a proxy is for the world outside
    }


def arguments(request: Request) -> dict[str, Any]:
    """All but the body, which is a stream of one kind or the other."""
    known = {"params": dict(request.query), "json": request.document}
    return {
        "method": request.method,
        "url": request.path,
        "headers": dict(request.headers),
        "timeout": httpx2.Timeout(request.patience, connect=CONNECT),
        **{name: value for name, value in known.items() if value},
    }


def reply(response: httpx2.Response) -> Reply:
    """Of a response that was read. Raises Refused."""
    if response.is_error:
        raise _refused(response)
    return Reply(url=str(response.url), status=response.status_code, text=response.text)


def tries(request: Request) -> Any:
    """To be iterated over, in either way."""
    return stamina.retry_context(
        on=BROKEN,
        attempts=TRIES if request.repeatable else 1,
        timeout=None,
        wait_initial=0.1,
        wait_max=2.0,
        wait_jitter=0.1,
    )


@contextmanager
def reaching(server: httpx2.URL) -> Iterator[None]:
    """Translates what the connection may raise."""
    try:
        yield
    except httpx2.UnsupportedProtocol as error:
        raise InvalidRequest(f"{server} is no address of a service: {error}") from error
    except httpx2.HTTPError as error:
        raise Unreachable(
            f"no answer from {str(server).rstrip('/')}: {error or type(error).__name__}",
            hint="start it with `spool serve`, or say where it is: SPOOL_SERVER=http://…",
        ) from error


def _url(address: str) -> httpx2.URL:
    try:
        return httpx2.URL(address)
    except httpx2.InvalidURL as error:
        raise InvalidRequest(f"{address} is no address of a service: {error}") from error


def _refused(response: httpx2.Response) -> Refused:
    try:
        document = response.json()
    except ValueError:
        document = None
    return refused(response.status_code, response.text, document, response.headers)
