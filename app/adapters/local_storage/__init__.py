"""Files on this machine's disk, under one folder."""

from app.adapters.local_storage.ballast import BallastFile
from app.adapters.local_storage.boot_mark import BootMark
from app.adapters.local_storage.resumable import ResumableStorage
from app.adapters.local_storage.storage import LocalStorage

__all__ = ["BallastFile", "BootMark", "LocalStorage", "ResumableStorage"]
