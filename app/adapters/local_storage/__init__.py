"""Files on this machine's disk, under one folder."""

from app.adapters.local_storage.storage import LocalStorage

__all__ = ["LocalStorage"]
