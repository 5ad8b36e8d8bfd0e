"""Whether a bucket does what is asked of it."""

import uuid

import obstore
from obstore.exceptions import AlreadyExistsError

from app.adapters.object_store.errors import translated
from app.adapters.object_store.store import Store
from app.domain.errors import StorageError

FOLDER = ".probe"


async def probe(store: Store) -> None:
    """Put an object, list it, read it, and take it away again. Raises StorageError."""
    key, content = f"{FOLDER}/{uuid.uuid4().hex}", uuid.uuid4().bytes
    with translated(key, writing=True):
        await _begun(store, key, content)
        try:
            found = [each["path"] async for batch in obstore.list(store, FOLDER) for each in batch]
            got = await (await obstore.get_async(store, key)).bytes_async()
            over = await _is_put_over(store, key)
        finally:
            await obstore.delete_async(store, [key])  # as many are, by a request of its own kind
    if over:
        raise StorageError("the object store puts over what is there, also when it is asked not to")
    if key not in found or bytes(got) != content:
        raise StorageError("the object store does not tell what was put just before")


async def _begun(store: Store, key: str, content: bytes) -> None:
    await obstore.put_async(store, key, content, mode="create", use_multipart=False)


async def _is_put_over(store: Store, key: str) -> bool:
    """Two instances that write to one upload rely on it."""
    try:
        await _begun(store, key, b"another")
    except AlreadyExistsError:
        return False
    return True
