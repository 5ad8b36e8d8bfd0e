"""The folder behind the `Scratch` port, where the store is a folder of this machine itself."""

from pathlib import Path
from typing import BinaryIO

from app.adapters.local_storage.disk import make_folder, translated
from app.adapters.local_storage.keys import path_inside
from app.adapters.local_storage.opened import ABSENT, opened
from app.adapters.local_storage.thread import in_thread


class ScratchInPlace:
    """Shares `root` with the store: what it holds is here, and what is made here it holds.

    Keys are relative POSIX paths; one that leads out of `root` is Forbidden.
    """

    def __init__(self, root: Path) -> None:
        self._root = root

    def path(self, key: str) -> Path:
        path = path_inside(self._root, key)
        with translated():
            make_folder(path.parent)
        return path

    async def bring(self, key: str) -> Path:
        return await in_thread(self._there, key)

    async def keep(self, key: str) -> None:
        """It is, and whoever wrote it made it last."""
        path_inside(self._root, key)

    def open(self, place: Path) -> BinaryIO:
        return opened(place, place.name)

    def let_go(self, place: Path) -> None:
        """It is the store's own."""

    async def delete_file(self, key: str) -> bool:
        return await in_thread(delete, path_inside(self._root, key))

    def _there(self, key: str) -> Path:
        path = path_inside(self._root, key)
        opened(path, key).close()
        return path


def delete(path: Path) -> bool:
    """True when there was a file."""
    with translated():
        try:
            path.unlink()
        except ABSENT:
            return False
    return True
