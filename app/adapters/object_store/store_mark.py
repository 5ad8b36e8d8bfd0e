"""Which bucket this is: a name that it keeps for good, whoever uses it."""

import uuid

import obstore
from obstore.exceptions import AlreadyExistsError

from app.adapters.object_store.errors import translated
from app.adapters.object_store.store import Store
from app.domain.errors import NotFound

NAME = ".spool.store"


async def store_id(store: Store) -> str:
    """A UUID, made at the first call. Of two that make it at once, both get the first one's."""
    try:
        return await _read(store)
    except NotFound:
        await _make(store)
    return await _read(store)


async def _read(store: Store) -> str:
    with translated(NAME):
        got = await obstore.get_async(store, NAME)
        return bytes(await got.bytes_async()).decode("ascii").strip()


async def _make(store: Store) -> None:
    name = f"{uuid.uuid4()}\n".encode("ascii")
    try:
        with translated(NAME):
            await obstore.put_async(store, NAME, name, mode="create", use_multipart=False)
    except AlreadyExistsError:
        return  # somebody was quicker
