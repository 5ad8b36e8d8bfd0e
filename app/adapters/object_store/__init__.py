"""Files in a bucket of an object store: S3, or whatever speaks as it does."""

from app.adapters.object_store.probe import probe
from app.adapters.object_store.resumable import GrowingObjects
from app.adapters.object_store.scratch import CopyScratch
from app.adapters.object_store.storage import ObjectStorage
from app.adapters.object_store.store import open_store
from app.adapters.object_store.store_mark import owner, store_id

__all__ = [
    "CopyScratch",
    "GrowingObjects",
    "ObjectStorage",
    "open_store",
    "owner",
    "probe",
    "store_id",
]
