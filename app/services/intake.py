"""Taking jobs in: from bytes, a path or a URL to a committed row."""

import asyncio
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypedDict

from loguru import logger

from app.domain import languages
from app.domain.crashpoints import reached
from app.domain.errors import Conflict, InvalidRequest, MediaEmpty
from app.domain.jobs import IdempotencyKey, Job, JobOptions, SourceKind, upload_key
from app.domain.metrics import TAKEN_IN, UNCOUNTED, UPLOAD_BYTES, Arrival
from app.domain.requester import requester
from app.domain.webhooks import without_secrets
from app.ports import BlobStore, JobQueue, JobStore, MediaFetcher, Meter
from app.services.alike import AlikeJobs
from app.services.disk import DiskGuard, needed
from app.services.hashing import Hashing, file_sha256
from app.services.quotas import Quotas
from app.services.request_key import named
from app.services.roots import Roots
from app.services.verdicts import to_its_end

MAX_NAME = 200  # characters


@dataclass(frozen=True, kw_only=True)
class Upload:
    """Bytes on disk that no job names yet."""

    job_id: str
    filename: str
    #: SHA-256 of the bytes, in hex, once they are here.
    sha256: str | None = None
    #: Bytes, once they are here.
    size: int | None = None

    @property
    def key(self) -> str:
        return upload_key(self.job_id, self.filename)


class Row(TypedDict):
    """What is told of a job when it is added."""

    job_id: str
    source: SourceKind
    source_name: str
    input_path: str
    options: JobOptions
    sha256: str | None
    size: int | None


class Intake:
    """The verbs that take a client's Idempotency-Key answer the job that it named before, if any:
    its id is then another than that of the request. With `dedupe` they answer a completed job
    that has done the same already, if there is one; then nothing is taken in."""

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
        check_engine: Callable[[str | None, str | None], Awaitable[tuple[str, str]]],
        alike: AlikeJobs,
        overtake: Callable[[Job], Awaitable[None]],
        quotas: Quotas,
        max_file_size: int,
        max_duration: float,
        meter: Meter = UNCOUNTED,
    ) -> None:
        """`committed` is told of each job whose row is durable. `check_engine`: the provider and
        model that such a wish gets now; raises InvalidRequest. `overtake` ends what takes the same
        asset in as a job that is committed; it never raises."""
        self._store, self._queue, self._blobs = store, queue, blobs
        self._fetcher, self._roots, self._disk = fetcher, roots, disk
        self._committed, self._check_engine, self._alike = committed, check_engine, alike
        self._overtake, self._quotas, self._meter = overtake, quotas, meter
        self._max_file_size, self._max_duration = max_file_size, max_duration

    def make_room(self, size: int) -> None:
        """Raises StorageFull when a medium of so many bytes does not fit on the disk."""
        self._disk.require(needed(size, self._max_duration))

    async def check_quota(self, size: int = 0, key: str | None = None) -> None:
        """Raises Forbidden when a medium of so many bytes is beyond what the client may keep. The
        answer to an Idempotency-Key that is known takes no room."""
        if not await self._alike.known(key):
            await self._quotas.check(size)

    async def receive(
        self, filename: str, chunks: AsyncIterator[bytes], *, key: str | None = None
    ) -> Upload:
        """Stream bytes to disk, durable when this returns. Raises MediaEmpty, TooLarge, Forbidden.

        `submit_received` must follow, with the same Idempotency-Key, or `discard`.
        """
        self._disk.require()
        upload = Upload(job_id=_new_id(), filename=_printable(filename))
        if not await self._alike.known(key):
            chunks = self._quotas.guarded(upload.job_id, chunks)
        try:
            return await self._saved(upload, chunks)
        except BaseException:
            self._quotas.let_go(upload.job_id)
            raise

    async def _saved(self, upload: Upload, chunks: AsyncIterator[bytes]) -> Upload:
        digest = Hashing()
        source = self._disk.guarded(self._counted(digest.through(chunks)))
        size = await self._blobs.save_file(upload.key, source, limit=self._max_file_size)
        if not size:
            await self.discard(upload)
            raise MediaEmpty("the upload has no bytes")
        return replace(upload, sha256=digest.hexdigest(), size=size)

    async def _counted(self, chunks: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
        async for chunk in chunks:
            self._meter.add(UPLOAD_BYTES, len(chunk), way=Arrival.WHOLE.value)
            yield chunk

    async def receive_whole(
        self, filename: str, content: bytes, *, key: str | None = None
    ) -> Upload:
        """The same with bytes that are there already."""

        async def once() -> AsyncIterator[bytes]:
            yield content

        return await self.receive(filename, once(), key=key)

    async def submit_received(
        self, upload: Upload, options: JobOptions, key: str | None = None, *, dedupe: bool = False
    ) -> Job:
        """Commit the job for bytes that were received; without a row they go."""
        try:
            asked = _spelt(options), upload.filename, upload.sha256
            request = named(key, SourceKind.UPLOAD, *asked)
            job = await self._alike.named(request)
            job = job or await self._submit_upload(upload, options, request, dedupe)
        except BaseException:
            await asyncio.shield(self.discard_unnamed(upload))
            raise
        if job.job_id != upload.job_id:
            await self.discard(upload)
        return job

    def expect(self, filename: str) -> Upload:
        """A name and an id for bytes that will come some other way; see `submit_kept`."""
        return Upload(job_id=_new_id(), filename=_printable(filename))

    @asynccontextmanager
    async def announced(self, upload: Upload, size: int) -> AsyncIterator[None]:
        """Whoever keeps it notes in the block that it comes. Raises Forbidden as `receive` does."""
        await self._quotas.hold(upload.job_id, size)
        self._quotas.land(upload.job_id)
        try:
            yield
        finally:
            self._quotas.let_go(upload.job_id)

    async def submit_kept(
        self, upload: Upload, options: JobOptions, owner: str | None
    ) -> Job | None:
        """Commit the job for bytes that their keeper has put under `upload.key` for a client whose
        key is `owner`.

        `options` have been checked, and so was the quota. None when there is such a job already:
        it was done before.
        """
        try:
            return await self._commit(_row(upload, options), owner)
        except Conflict:
            return None

    async def discard(self, upload: Upload) -> None:
        self._quotas.let_go(upload.job_id)
        await self._blobs.delete_file(upload.key)

    async def discard_unnamed(self, upload: Upload) -> None:
        """Unless there is a job: a client that hangs up as the row is committed still has it."""
        self._quotas.let_go(upload.job_id)
        if await self._store.get(upload.job_id) is None:
            await self.discard(upload)

    async def submit_path(
        self, path: str, options: JobOptions, key: str | None = None, *, dedupe: bool = False
    ) -> Job:
        """A file of this machine, read in place. Raises Forbidden, NotFound."""
        request = named(key, SourceKind.PATH, _spelt(options), path)
        if before := await self._alike.named(request):
            return before
        self._disk.require()
        options = await self.checked(options)
        found = await asyncio.to_thread(self._roots.resolve, path)
        sha256 = await file_sha256(self._roots, found) if dedupe else None
        if dedupe and (done := await self._alike.find(sha256, options, request)):
            return done
        row = _elsewhere(SourceKind.PATH, path, str(found), options, sha256)
        return await self._add(row, request)

    async def submit_watched(
        self, found: Path, options: JobOptions, sha256: str, once: IdempotencyKey
    ) -> Job:
        """A file in a folder that the operator has watched, which may lie outside the roots; read
        in place. `sha256`: of its bytes, in hex. `once`: of its change, whoever finds that."""
        self._disk.require()
        options = await self.checked(options)
        name = str(found)
        return await self._add(_elsewhere(SourceKind.PATH, name, name, options, sha256), once)

    async def submit_again(self, options: JobOptions, request: IdempotencyKey | None) -> Job:
        """A job on an asset that is known: it brings nothing. `options` have been checked."""
        return await self._add(_row(self.expect(options.title or ""), options), request)

    async def submit_url(
        self, url: str, options: JobOptions, key: str | None = None, *, dedupe: bool = False
    ) -> Job:
        """Downloaded when the job runs. Raises Forbidden for a private address, InvalidRequest."""
        if dedupe:
            hint = "leave `dedupe` out, or send the file itself"
            raise InvalidRequest("dedupe: what is behind a URL is known only later", hint=hint)
        request = named(key, SourceKind.URL, _spelt(options), url)
        if before := await self._alike.named(request):
            return before
        self._disk.require()
        options = await self.checked(options)
        await self._fetcher.vet(url)
        row = _elsewhere(SourceKind.URL, without_secrets(url), url, options)
        return await self._add(row, request)

    async def checked(self, options: JobOptions) -> JobOptions:
        """Options with the language as a code. Raises InvalidRequest naming the wrong one.

        A model is one of a certain provider: it stays so when the default changes meanwhile.
        """
        provider, _ = await self._check_engine(options.provider, options.model)
        if options.model is not None:
            options = options.evolve(provider=provider)
        if options.webhook_url is not None:
            await self._fetcher.vet(options.webhook_url)
        return _spelt(options)

    async def _submit_upload(
        self, upload: Upload, options: JobOptions, request: IdempotencyKey | None, dedupe: bool
    ) -> Job:
        options = await self.checked(options)
        done = await self._alike.find(upload.sha256, options, request) if dedupe else None
        return done or await self._add(_row(upload, options), request)

    async def _add(self, row: Row, key: IdempotencyKey | None = None) -> Job:
        await self._quotas.hold(row["job_id"], row["size"] or 0)
        return await self._commit(row, requester.get(), key)

    async def _commit(self, row: Row, owner: str | None, key: IdempotencyKey | None = None) -> Job:
        """No row without a hint to the worker."""
        return await to_its_end(self._queued(row, owner, key))

    async def _queued(self, row: Row, owner: str | None, key: IdempotencyKey | None) -> Job:
        job_id = row["job_id"]
        self._quotas.land(job_id)
        try:
            job = await self._store.add(**row, key=key, requester=owner)
        finally:
            self._quotas.let_go(job_id)
        reached("submit.committed")
        if job.job_id == job_id:
            self._committed(job_id)
            self._meter.add(TAKEN_IN, source=job.source.value)
            if job.options.asset_id is not None:  # else its asset is new, as it is
                await self._overtake(job)
            await self._queue.enqueue({"job_id": job_id}, job.options.priority)
            taken_in = logger.bind(job_id=job_id, stage=None, attempt=job.attempts)
            taken_in.info("taken in: {} {}", job.source.value, job.source_name)
        return job


def _row(upload: Upload, options: JobOptions) -> Row:
    return Row(
        job_id=upload.job_id,
        source=SourceKind.UPLOAD,
        source_name=upload.filename,
        input_path=upload.key,
        options=options,
        sha256=upload.sha256,
        size=upload.size,
    )


def _elsewhere(
    source: SourceKind, name: str, place: str, options: JobOptions, sha256: str | None = None
) -> Row:
    """Of bytes that are not here."""
    return Row(
        job_id=_new_id(),
        source=source,
        source_name=name,
        input_path=place,
        options=options,
        sha256=sha256,
        size=None,
    )


def _spelt(options: JobOptions) -> JobOptions:
    """As they were asked for, whatever the default engine is; so a key stands for them."""
    return options.evolve(language=languages.asked_for(options.language))


def _printable(filename: str) -> str:
    """What may stand in a log line; of a long name its end, where the suffix is."""
    return "".join(filter(str.isprintable, filename))[-MAX_NAME:] or "upload"


def _new_id() -> str:
    return str(uuid.uuid4())
