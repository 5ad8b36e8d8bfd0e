"""Which bucket this is, and whose: names that it keeps for good, whoever uses it."""

import uuid

import obstore
from obstore.exceptions import AlreadyExistsError

from app.adapters.object_store.errors import translated
from app.adapters.object_store.store import Store
from app.domain.errors import NotFound

NAME = ".spool.store"
OWNER = ".spool.owner"


async def store_id(store: Store) -> str:
    """A UUID, made at the first call. Of two that make it at once, both get the first one's."""
    return await _kept(store, NAME, str(uuid.uuid4()))


async def owner(store: Store, ours: str) -> str:
    """Id of the database whose files are kept here: `ours`, where none was told before."""
    return await _kept(store, OWNER, ours)


async def _kept(store: Store, key: str, ours: str) -> str:
    try:
        return await _read(store, key)
    except NotFound:
        await _make(store, key, ours)
    return await _read(store, key)


async def _read(store: Store, key: str) -> str:
    with translated(key):
        got = await obstore.get_async(store, key)
        return bytes(await got.bytes_async()).decode("ascii", "replace").strip()


async def _make(store: Store, key: str, ours: str) -> None:
    try:
        with translated(key, writing=True):
            content = f"{ours}\n".encode("ascii")
            await obstore.put_async(store, key, content, mode="create", use_multipart=False)
    except AlreadyExistsError:
        return  # somebody was quicker
