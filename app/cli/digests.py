"""What files are, by their bytes."""

import hashlib
from collections.abc import Container

from app.domain.watched import FileState
from app.services.folder_walk import state_of


class Digests:
    """A file is read once, for as long as its size and time are the same.

    To read a long one takes minutes: it must not be for nothing when the service was away.
    """

    def __init__(self) -> None:
        self._known: dict[str, tuple[FileState, str]] = {}

    def __len__(self) -> int:
        return len(self._known)

    def of(self, path: str) -> str:
        """SHA-256, in hex. Raises OSError."""
        state = state_of(path)  # before it is read: who writes meanwhile has it read again
        known = self._known.get(path)
        if known is not None and known[0] == state:
            return known[1]
        with open(path, "rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        if state is not None:
            self._known[path] = state, digest
        return digest

    def forget(self, path: str) -> None:
        self._known.pop(path, None)

    def keep(self, paths: Container[str]) -> None:
        """And forget what others were."""
        self._known = {path: known for path, known in self._known.items() if path in paths}
