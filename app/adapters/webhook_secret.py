"""The key that signs webhooks, made once and kept beside the database."""

import base64
import os
import secrets
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from app.domain.errors import NotFound, StorageError

NAME = "webhook.secret"
SIZE = 32  # bytes


def kept_secret(folder: Path) -> str:
    """What the folder keeps, for its owner's eyes only; made if need be. Raises StorageError."""
    with _translated(folder), suppress(FileNotFoundError):
        return _read(folder)
    with _translated(folder):
        folder.mkdir(parents=True, exist_ok=True)
        _make(folder / NAME, f"whsec_{base64.b64encode(secrets.token_bytes(SIZE)).decode()}")
        return _read(folder)


def keep_secret(folder: Path, secret: str) -> None:
    """In place of what the folder keeps. Raises StorageError."""
    with _translated(folder):
        (folder / NAME).unlink(missing_ok=True)
        _make(folder / NAME, secret)


def found_secret(folder: Path) -> str:
    """The same, but made by nobody else than the service, as whose user it must be readable.

    Raises NotFound, StorageError.
    """
    with _translated(folder):
        try:
            return _read(folder)
        except FileNotFoundError as error:
            message = f"{folder / NAME}: there is no secret of webhooks yet"
            hint = "the first start of the service makes it: `spool serve`"
            raise NotFound(message, hint=hint) from error


@contextmanager
def _translated(folder: Path) -> Iterator[None]:
    try:
        yield
    except (OSError, ValueError) as error:
        message = f"{folder / NAME}: the secret of webhooks cannot be read: {error}"
        raise StorageError(message) from error


def _read(folder: Path) -> str:
    return (folder / NAME).read_text(encoding="ascii").strip()


def _make(file: Path, secret: str) -> None:
    """Whole or not at all; of two that make it at once, the first one's stays."""
    part = file.with_name(f".{file.name}.{uuid.uuid4().hex}.part")
    descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
    try:
        with os.fdopen(descriptor, "w", encoding="ascii") as writing:
            writing.write(f"{secret}\n")
            writing.flush()
            os.fsync(descriptor)
        with suppress(FileExistsError):
            os.link(part, file)
        _sync(file.parent)
    finally:
        part.unlink(missing_ok=True)


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
