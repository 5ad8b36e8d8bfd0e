"""Taking jobs in: from bytes, a path or a URL to a committed row."""

import asyncio
import hashlib
import json
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import asdict, dataclass

from loguru import logger

from app.domain import languages
from app.domain.crashpoints import reached
from app.domain.errors import MediaEmpty
from app.domain.jobs import IdempotencyKey, Job, JobOptions, SourceKind, upload_key
from app.domain.webhooks import without_secrets
from app.ports import BlobStore, JobQueue, JobStore, MediaFetcher
from app.services.disk import DiskGuard, needed
from app.services.roots import Roots
from app.services.verdicts import to_its_end

MAX_NAME = 200  # characters


@dataclass(frozen=True, kw_only=True)
class Upload:
    """Bytes on disk that no job names yet."""

    job_id: str
    filename: str
    #: SHA-256 of the bytes, when it was asked for.
    sha256: str | None = None

    @property
    def key(self) -> str:
        return upload_key(self.job_id, self.filename)


class Intake:
    """The verbs that take a client's Idempotency-Key answer the job that it named before, if any:
    its id is then another than that of the request."""

    def __init__(
        self,
        *,
        store: JobStore,
        queue: JobQueue,
        blobs: BlobStore,
        fetcher: MediaFetcher,
        roots: Roots,
        disk: DiskGuard,
        committed: Callable[[str], None],
        check_engine: Callable[[str | None, str | None], None],
        max_file_size: int,
        max_duration: float,
    ) -> None:
        """`committed` is told of each job whose row is durable."""
        self._store, self._queue, self._blobs = store, queue, blobs
        self._fetcher, self._roots, self._disk = fetcher, roots, disk
        self._committed, self._check_engine = committed, check_engine
        self._max_file_size, self._max_duration = max_file_size, max_duration

    def make_room(self, size: int) -> None:
        """Raises StorageFull when a medium of so many bytes does not fit on the disk."""
        self._disk.require(needed(size, self._max_duration))

    async def receive(
        self, filename: str, chunks: AsyncIterator[bytes], *, hashed: bool = False
    ) -> Upload:
        """Stream bytes to disk, durable when this returns. Raises MediaEmpty, TooLarge.

        `submit_received` must follow, or `discard`.
        """
        self._disk.require()
        upload = Upload(job_id=_new_id(), filename=_printable(filename))
        digest = hashlib.sha256()
        source = self._disk.guarded(_hashed(chunks, digest.update) if hashed else chunks)
        if not await self._blobs.save_file(upload.key, source, limit=self._max_file_size):
            await self.discard(upload)
            raise MediaEmpty("the upload has no bytes")
        return Upload(
            job_id=upload.job_id,
            filename=upload.filename,
            sha256=digest.hexdigest() if hashed else None,
        )

    async def submit_received(
        self, upload: Upload, options: JobOptions, key: str | None = None
    ) -> Job:
        """Commit the job for bytes that were received; without a row they go."""
        try:
            options = await self.checked(options)
            job = await self._add(
                upload.job_id,
                SourceKind.UPLOAD,
                upload.filename,
                upload.key,
                options,
                _named(key, SourceKind.UPLOAD, options, upload.filename, upload.sha256),
            )
        except BaseException:
            await asyncio.shield(self._discard_unnamed(upload))
            raise
        if job.job_id != upload.job_id:
            await self.discard(upload)
        return job

    async def discard(self, upload: Upload) -> None:
        await self._blobs.delete_file(upload.key)

    async def submit_path(self, path: str, options: JobOptions, key: str | None = None) -> Job:
        """A file of this machine, read in place. Raises Forbidden, NotFound."""
        self._disk.require()
        options = await self.checked(options)
        found = await asyncio.to_thread(self._roots.resolve, path)
        named = _named(key, SourceKind.PATH, options, path)
        return await self._add(_new_id(), SourceKind.PATH, path, str(found), options, named)

    async def submit_url(self, url: str, options: JobOptions, key: str | None = None) -> Job:
        """Downloaded when the job runs. Raises Forbidden for a private address, InvalidRequest."""
        self._disk.require()
        options = await self.checked(options)
        await self._fetcher.vet(url)
        shown = without_secrets(url)
        named = _named(key, SourceKind.URL, options, url)
        return await self._add(_new_id(), SourceKind.URL, shown, url, options, named)

    async def checked(self, options: JobOptions) -> JobOptions:
        """Options with the language as a code. Raises InvalidRequest naming the wrong one."""
        self._check_engine(options.provider, options.model)
        if options.webhook_url is not None:
            await self._fetcher.vet(options.webhook_url)
        return options.evolve(language=languages.asked_for(options.language))

    async def _discard_unnamed(self, upload: Upload) -> None:
        """A client that hangs up as the row is committed still has its job."""
        if await self._store.get(upload.job_id) is None:
            await self.discard(upload)

    async def _add(
        self,
        job_id: str,
        source: SourceKind,
        name: str,
        input_path: str,
        options: JobOptions,
        key: IdempotencyKey | None,
    ) -> Job:
        row = self._store.add(
            job_id=job_id,
            source=source,
            source_name=name,
            input_path=input_path,
            options=options,
            key=key,
        )
        return await to_its_end(self._queued(job_id, row))  # no row without a hint to the worker

    async def _queued(self, job_id: str, row: Awaitable[Job]) -> Job:
        job = await row
        reached("submit.committed")
        if job.job_id == job_id:
            self._committed(job_id)
            await self._queue.enqueue({"job_id": job_id}, job.options.priority)
            taken_in = logger.bind(job_id=job_id)
            taken_in.info("taken in: {} {}", job.source.value, job.source_name)
        return job


def _named(key: str | None, *asked: object) -> IdempotencyKey | None:
    """The key with a digest of everything that was asked for under it."""
    if key is None:
        return None
    plain = [asdict(part) if isinstance(part, JobOptions) else part for part in asked]
    digest = hashlib.sha256(json.dumps(plain, sort_keys=True).encode()).hexdigest()
    return IdempotencyKey(key=key, digest=digest)


async def _hashed(
    chunks: AsyncIterator[bytes], update: Callable[[bytes], None]
) -> AsyncIterator[bytes]:
    async for chunk in chunks:
        update(chunk)
        yield chunk


def _printable(filename: str) -> str:
    """What may stand in a log line; of a long name its end, where the suffix is."""
    return "".join(filter(str.isprintable, filename))[-MAX_NAME:] or "upload"


def _new_id() -> str:
    return str(uuid.uuid4())
