"""Files on this machine's disk, under one folder."""

from app.adapters.local_storage.ballast import BallastFile
from app.adapters.local_storage.boot_mark import BootMark
from app.adapters.local_storage.opened import OpenedFile
from app.adapters.local_storage.resumable import ResumableStorage
from app.adapters.local_storage.scratch import ScratchInPlace
from app.adapters.local_storage.storage import LocalStorage

__all__ = [
    "BallastFile",
    "BootMark",
    "LocalStorage",
    "OpenedFile",
    "ResumableStorage",
    "ScratchInPlace",
]
