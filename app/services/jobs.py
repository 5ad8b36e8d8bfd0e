"""Taking jobs in, and telling of them."""

import asyncio
import uuid
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from loguru import logger

from app.domain import languages
from app.domain.errors import Conflict, MediaEmpty, NotFound
from app.domain.jobs import Job, JobOptions, JobPage, JobStatus, SourceKind, upload_key
from app.domain.transcript import Segment, Transcript
from app.ports import BlobStore, JobQueue, JobStore, MediaFetcher, TranscriptStore
from app.services.roots import Roots
from app.services.watch import JobWatch

MAX_NAME = 200  # characters


@dataclass(frozen=True, kw_only=True)
class Upload:
    """Bytes on disk that no job names yet."""

    job_id: str
    filename: str

    @property
    def key(self) -> str:
        return upload_key(self.job_id, self.filename)


class JobService:
    def __init__(
        self,
        *,
        store: JobStore,
        transcripts: TranscriptStore,
        queue: JobQueue,
        blobs: BlobStore,
        fetcher: MediaFetcher,
        roots: Roots,
        watch: JobWatch,
        check_engine: Callable[[str | None, str | None], None],
        max_file_size: int,
    ) -> None:
        self._store, self._transcripts, self._queue = store, transcripts, queue
        self._blobs, self._fetcher, self._roots, self._watch = blobs, fetcher, roots, watch
        self._check_engine = check_engine
        self._max_file_size = max_file_size

    async def receive(self, filename: str, chunks: AsyncIterator[bytes]) -> Upload:
        """Stream bytes to disk, durable when this returns. Raises MediaEmpty, TooLarge.

        `submit_received` must follow, or `discard`.
        """
        upload = Upload(job_id=_new_id(), filename=_printable(filename))
        if not await self._blobs.save_file(upload.key, chunks, limit=self._max_file_size):
            await self.discard(upload)
            raise MediaEmpty("the upload has no bytes")
        return upload

    async def submit_received(self, upload: Upload, options: JobOptions) -> Job:
        """Commit the job for bytes that were received; without a row they go."""
        try:
            options = self.checked(options)
            return await self._add(
                upload.job_id, SourceKind.UPLOAD, upload.filename, upload.key, options
            )
        except BaseException:
            await asyncio.shield(self._discard_unnamed(upload))
            raise

    async def discard(self, upload: Upload) -> None:
        await self._blobs.delete_file(upload.key)

    async def _discard_unnamed(self, upload: Upload) -> None:
        """A client that hangs up as the row is committed still has its job."""
        if await self._store.get(upload.job_id) is None:
            await self.discard(upload)

    async def submit_path(self, path: str, options: JobOptions) -> Job:
        """A file of this machine, read in place. Raises Forbidden, NotFound."""
        options = self.checked(options)
        found = await asyncio.to_thread(self._roots.resolve, path)
        return await self._add(_new_id(), SourceKind.PATH, path, str(found), options)

    async def submit_url(self, url: str, options: JobOptions) -> Job:
        """Downloaded when the job runs. Raises Forbidden for a private address, InvalidRequest."""
        options = self.checked(options)
        await self._fetcher.vet(url)
        shown = urlsplit(url)._replace(query="", fragment="").geturl()  # a query may hold secrets
        return await self._add(_new_id(), SourceKind.URL, shown, url, options)

    async def get(self, job_id: str) -> Job:
        job = await self._store.get(job_id)
        if job is None:
            raise NotFound(f"no job {job_id}", code="job.not_found")
        return job

    async def wait(self, job_id: str, seconds: float) -> Job:
        """The job as soon as it has ended, or as it is after `seconds`."""
        deadline = asyncio.get_running_loop().time() + seconds
        with self._watch.subscribe(job_id) as changes:
            job = await self.get(job_id)
            while not job.status.ended:
                left = deadline - asyncio.get_running_loop().time()
                if left <= 0:
                    break
                await changes.wait(left)
                job = await self.get(job_id)
        return job

    async def list(self, *, status: JobStatus | None, limit: int, cursor: str | None) -> JobPage:
        return await self._store.list(status=status, limit=limit, cursor=cursor)

    async def transcript(self, job: Job) -> Transcript:
        """Of a completed job. Raises Conflict when the job ended without one."""
        if job.status is not JobStatus.COMPLETED:
            reason = f": {job.error_message}" if job.error_message else ""
            raise Conflict(
                f"the job {job.status.value} and has no result{reason}",
                code=job.error_code or "job.no_result",
            )
        found = await self._transcripts.load(job.job_id)
        if found is None:
            raise Conflict(
                f"a later job replaced what this one found for the asset {job.asset_id}",
                code="job.superseded",
            )
        return found

    async def partial(self, job_id: str) -> Sequence[Segment]:
        """What is transcribed so far."""
        windows = await self._transcripts.partial(job_id)
        return [segment for window in windows for segment in window.segments]

    def checked(self, options: JobOptions) -> JobOptions:
        """Options with the language as a code. Raises InvalidRequest naming the wrong one."""
        self._check_engine(options.provider, options.model)
        return options.evolve(language=languages.asked_for(options.language))

    async def _add(
        self, job_id: str, source: SourceKind, name: str, input_path: str, options: JobOptions
    ) -> Job:
        job = await self._store.add(
            job_id=job_id, source=source, source_name=name, input_path=input_path, options=options
        )
        await self._queue.enqueue({"job_id": job_id})
        logger.bind(job_id=job_id).info("taken in: {} {}", source.value, name)
        return job


def _printable(filename: str) -> str:
    """What may stand in a log line; of a long name its end, where the suffix is."""
    return "".join(filter(str.isprintable, filename))[-MAX_NAME:] or "upload"


def _new_id() -> str:
    return str(uuid.uuid4())
