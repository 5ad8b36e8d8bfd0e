"""Uploads that come in pieces: begun, gone on with, looked at, removed."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field

from app.domain.clock import Clock, utc_now
from app.domain.errors import Conflict, MediaEmpty, NotFound, TooLarge
from app.domain.jobs import JobOptions
from app.domain.metrics import UNCOUNTED, UPLOAD_BYTES
from app.domain.metrics import Arrival as Way
from app.domain.requester import requester
from app.domain.uploads import Checksum, ResumableUpload
from app.ports import Meter, ResumableFiles, UploadStore
from app.services.disk import DiskGuard
from app.services.intake import Intake
from app.services.upload_arrival import Arrival
from app.services.upload_finish import UploadFinish
from app.services.upload_turns import Turn, Turns, taken


@dataclass(frozen=True, kw_only=True)
class UploadService:
    """All verbs raise NotFound for an unknown upload or one whose time is over, and Conflict when
    another request does not leave it in time."""

    store: UploadStore
    files: ResumableFiles
    intake: Intake
    disk: DiskGuard
    finish: UploadFinish
    turns: Turns
    #: Bytes.
    max_file_size: int
    #: Other instances, which know nothing of `turns`, may be at work on the same uploads.
    shared: bool = False
    meter: Meter = UNCOUNTED
    clock: Clock = field(default=utc_now)

    async def create(
        self, length: int, options: JobOptions, *, filename: str, told: str | None
    ) -> ResumableUpload:
        """Nothing travels in vain: all that can be known is checked here.

        Raises MediaEmpty, TooLarge, StorageFull, Forbidden, and what `Intake.checked` raises.
        """
        if length == 0:
            raise MediaEmpty("the upload has no bytes")
        if length > self.max_file_size:
            raise TooLarge(f"the upload has {length} bytes, {self.max_file_size} are allowed")
        self.intake.make_room(length)
        options = await self.intake.checked(options)
        named = self.intake.expect(filename)
        async with self.intake.announced(named, length):
            return await self.store.add(
                upload_id=named.job_id,
                filename=named.filename,
                length=length,
                told=told,
                options=options,
                requester=requester.get(),
            )

    async def look(self, upload_id: str) -> ResumableUpload:
        """Its offset is final: a request that still writes is asked to stop."""
        upload = await self._living(upload_id)
        if upload.finished_at is not None:
            return upload
        async with self.turns.take(upload_id):
            return await self._finished_if_whole(await self._living(upload_id))

    async def append(
        self,
        upload_id: str,
        offset: int,
        chunks: AsyncIterator[bytes],
        *,
        size: int | None = None,
        checksum: Checksum | None = None,
    ) -> ResumableUpload:
        """Go on at `offset` with `size` bytes, if that is known. The last of them make the job.

        Raises Conflict on a wrong offset, TooLarge, InvalidRequest on a wrong checksum.
        """
        async with self.turns.take(upload_id) as turn:
            upload = await self._living(upload_id)
            _check(upload, offset, size or 0)
            if not upload.whole:
                upload = await self._received(await self._claimed(upload), turn, chunks, checksum)
            return await self._finished_if_whole(upload)

    async def remove(self, upload_id: str) -> None:
        """Of one that is finished only what is known of the upload: the job has the bytes."""
        async with self.turns.take(upload_id):
            await self.finish.give_up(await self._living(upload_id))

    async def _claimed(self, upload: ResumableUpload) -> ResumableUpload:
        """Before what is not counted is cut off: it may be what another instance counts next."""
        if not self.shared:
            return upload
        claimed = await self.store.note_received(upload, upload.received)
        if claimed is None:
            raise taken()
        return claimed

    async def _received(
        self,
        upload: ResumableUpload,
        turn: Turn,
        chunks: AsyncIterator[bytes],
        checksum: Checksum | None,
    ) -> ResumableUpload:
        guarded = self.disk.guarded(self._counted(turn.chunks(chunks)))
        try:
            async with self.files.grow(upload.growing_key, upload.received) as file:
                arrival = Arrival(upload, file, self.store, checksum)
                await arrival.receive(guarded)
        except NotFound as error:
            await self.store.delete(upload.upload_id)  # no client can go on with it
            raise unknown() from error
        return arrival.upload

    async def _counted(self, chunks: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
        async for chunk in chunks:
            self.meter.add(UPLOAD_BYTES, len(chunk), way=Way.PIECES.value)
            yield chunk

    async def _finished_if_whole(self, upload: ResumableUpload) -> ResumableUpload:
        return await self.finish.run(upload) if upload.whole else upload

    async def _living(self, upload_id: str) -> ResumableUpload:
        upload = await self.store.get(upload_id)
        if upload is None:
            raise unknown()
        if upload.expires_at <= self.clock():
            raise NotFound("the time of this upload is over", code="upload.expired", hint=ANEW)
        return upload


ANEW = "begin a new one: POST /api/v1/uploads"


def unknown() -> NotFound:
    return NotFound("there is no such upload", code="upload.not_found", hint=ANEW)


def _check(upload: ResumableUpload, offset: int, size: int) -> None:
    if offset != upload.received:
        raise Conflict(
            f"Upload-Offset: {upload.received} bytes are here, not {offset}",
            code="upload.offset",
            hint="ask with HEAD where to go on",
        )
    if size > upload.length - upload.received:
        raise TooLarge(f"the upload was announced with {upload.length} bytes")
