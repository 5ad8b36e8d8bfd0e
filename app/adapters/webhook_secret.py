"""The key that signs webhooks, made once and kept beside the database."""

import base64
import contextlib
import os
import secrets
import uuid
from pathlib import Path

from app.domain.errors import StorageError

NAME = "webhook.secret"
SIZE = 32  # bytes


def kept_secret(folder: Path) -> str:
    """What the folder keeps, for its owner's eyes only; made if need be. Raises StorageError."""
    file = folder / NAME
    try:
        if not file.exists():
            folder.mkdir(parents=True, exist_ok=True)
            _make(file)
        return file.read_text(encoding="ascii").strip()
    except (OSError, ValueError) as error:
        raise StorageError(f"{file}: the secret of webhooks cannot be read: {error}") from error


def _make(file: Path) -> None:
    """Whole or not at all; of two that make it at once, the first one's stays."""
    part = file.with_name(f".{file.name}.{uuid.uuid4().hex}.part")
    made = f"whsec_{base64.b64encode(secrets.token_bytes(SIZE)).decode()}\n"
    descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
    try:
        with os.fdopen(descriptor, "w", encoding="ascii") as writing:
            writing.write(made)
            writing.flush()
            os.fsync(descriptor)
        with contextlib.suppress(FileExistsError):
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
