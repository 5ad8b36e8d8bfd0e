"""Sending media."""

import os
import uuid
from collections.abc import Mapping, Sequence
from typing import Any, BinaryIO, TypedDict, Unpack

from app.client.answers import Ticket
from app.client.body import Progress, body_of, name_of
from app.client.exchange import Plan, Request
from app.client.reading import read

INGEST = "/api/v1/ingest"
KEY = "Idempotency-Key"


class Options(TypedDict, total=False):
    """Of a job, as the guide lists them."""

    language: str | None
    task: str | None
    provider: str | None
    model: str | None
    prompt: str | None
    word_timestamps: bool | None
    topics: bool | None
    keyframes: bool | None
    diarize: bool | None
    #: Take the result of an earlier job on the same bytes.
    dedupe: bool | None
    priority: str | None
    asset_id: str | None
    title: str | None
    labels: Sequence[str] | None
    webhook_url: str | None


def upload(
    file: str | os.PathLike[str] | BinaryIO,
    *,
    filename: str | None = None,
    progress: Progress | None = None,
    idempotency_key: str | None = None,
    **options: Unpack[Options],
) -> Plan[Ticket]:
    """Send a file: a path, or one that is open for reading bytes.

    When the connection breaks it is sent again, and makes no second job; but not a pipe or a
    device, which is read once, to its end. Raises OSError for a file that cannot be read, or that
    becomes shorter meanwhile.
    """
    body = body_of(file, progress)
    name = filename or name_of(file)
    reply = yield Request(
        method="POST",
        path=INGEST,
        query=_in_words(options) | ({"filename": name} if name else {}),
        headers={
            KEY: idempotency_key or uuid.uuid4().hex,
            "Content-Type": "application/octet-stream",
            **({} if body.size is None else {"Content-Length": str(body.size)}),
        },
        body=body,
        repeatable=body.size is not None,
    )
    return read(Ticket, reply.document())


def submit_url(
    url: str, *, idempotency_key: str | None = None, **options: Unpack[Options]
) -> Plan[Ticket]:
    """Have the service fetch it."""
    return (yield from _submit({"url": url}, options, idempotency_key))


def submit_path(
    path: str | os.PathLike[str], *, idempotency_key: str | None = None, **options: Unpack[Options]
) -> Plan[Ticket]:
    """A file on the service's machine, in one of its `allowed_roots`."""
    return (yield from _submit({"path": os.fspath(path)}, options, idempotency_key))


def _submit(source: dict[str, Any], options: Options, key: str | None) -> Plan[Ticket]:
    reply = yield Request(
        method="POST",
        path=INGEST,
        headers={KEY: key or uuid.uuid4().hex},
        document=source | _given(options),
        repeatable=True,
    )
    return read(Ticket, reply.document())


def _given(options: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in options.items() if value is not None}


def _in_words(options: Mapping[str, Any]) -> dict[str, str]:
    """For a query string."""
    return {name: _word(value) for name, value in _given(options).items()}


def _word(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return ",".join(value) if isinstance(value, list | tuple) else str(value)
