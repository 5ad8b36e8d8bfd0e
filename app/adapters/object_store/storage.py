"""The bucket behind the `BlobStore` port, and behind the sweep's files of jobs."""

import re
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Sequence
from contextlib import aclosing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import obstore

from app.adapters.object_store.errors import plain, translated
from app.adapters.object_store.opened import OpenedObject, opened
from app.adapters.object_store.sending import PART, send
from app.adapters.object_store.store import Store
from app.domain.blocks import in_blocks
from app.domain.clock import utc_now
from app.domain.crashpoints import reached
from app.domain.errors import NotFound

#: S3 makes an object of 10,000 parts at most.
MOST = 10_000 * PART  # bytes
#: Objects looked at between two questions to the database.
BATCH = 500
FAR = datetime.max.replace(tzinfo=UTC)
#: Or of an upload that is to be one, which lies in parts.
_OF_A_JOB = re.compile(
    r"([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})(\.[^.]+|/\d+)?"
)


class ObjectStorage:
    """Keys are relative POSIX paths; any other is Forbidden."""

    def __init__(
        self,
        store: Store,
        *,
        young: timedelta | None = None,
        now: Callable[[], datetime] = utc_now,
    ) -> None:
        """`young`: how old what `job_files` tells must be."""
        self._store, self._young, self._now = store, young, now

    async def save_file(
        self, key: str, chunks: AsyncIterator[bytes], *, limit: int | None = None
    ) -> int:
        place = plain(key)
        with translated(key, writing=True):
            most = MOST if limit is None else min(limit, MOST)
            async with aclosing(in_blocks(chunks, PART, most)) as blocks:
                size = await send(self._store, place, blocks)
        reached("file.renamed")
        return size

    async def load_file(self, key: str) -> bytes:
        place = plain(key)
        with translated(key):
            got = await obstore.get_async(self._store, place)
            return bytes(await got.bytes_async())

    async def delete_file(self, key: str) -> bool:
        place = plain(key)
        try:
            with translated(key):
                await obstore.head_async(self._store, place)
                await obstore.delete_async(self._store, place)
        except NotFound:
            return False
        return True

    async def open(self, key: str) -> OpenedObject:
        return await opened(self._store, plain(key))

    async def job_files(
        self, folder: str, before: datetime | None = None
    ) -> AsyncGenerator[dict[str, str], None]:
        """Batches of keys with the id of their job, of all objects right in `folder` that have
        one, are not young, and were written before then."""
        grown = FAR if self._young is None else self._now() - self._young
        old = min(before or FAR, grown)
        with translated(folder):
            async for batch in obstore.list(self._store, folder, chunk_size=BATCH):
                keys = [each["path"] for each in batch if each["last_modified"] < old]
                if found := dict(_of_jobs(folder, keys)):
                    yield found

    async def remove(self, keys: Sequence[str]) -> None:
        try:
            with translated("of many"):
                await obstore.delete_async(self._store, list(keys))
        except NotFound:  # others than S3 stop at the first one that is gone
            for key in keys:
                await self.delete_file(key)

    async def set_aside(self, keys: Sequence[str], place: str) -> Path:
        """Move objects under the prefix `place`; returns what they are called there."""
        for key in keys:
            with translated(key):
                await obstore.copy_async(self._store, key, f"{plain(place)}/{key}")
        await self.remove(keys)
        return Path(place)


def _of_jobs(folder: str, keys: Sequence[str]) -> list[tuple[str, str]]:
    named = ((key, key.removeprefix(f"{folder}/")) for key in keys)
    found = ((key, _OF_A_JOB.fullmatch(name)) for key, name in named)
    return [(key, match[1]) for key, match in found if match]
