"""The bytes of one request on their way to the disk."""

from collections.abc import AsyncIterator
from contextlib import suppress

from app.domain.crashpoints import reached
from app.domain.errors import InvalidRequest, NotFound, SpoolError, TooLarge
from app.domain.uploads import Checksum, ResumableUpload
from app.ports import GrowingFile, UploadStore
from app.services.upload_turns import taken

BLOCK = 1024 * 1024  # bytes that are written at once
#: A death costs a client no more than this.
COMMIT_EVERY = 16 * 1024 * 1024  # bytes


class Arrival:
    """Synced first, then counted in the row, so that the row never says too much.

    With a checksum all is counted at the end, or nothing is.
    """

    def __init__(
        self,
        upload: ResumableUpload,
        file: GrowingFile,
        store: UploadStore,
        checksum: Checksum | None = None,
    ) -> None:
        #: As it is stored.
        self.upload = upload
        self._file, self._store = file, store
        self._checksum = checksum
        self._digest = checksum.begin() if checksum else None
        self._left = upload.length - upload.received
        self._block = bytearray()
        self._uncounted = 0

    async def receive(self, chunks: AsyncIterator[bytes]) -> None:
        """To their end. When they are cut off, what has come is kept; or dropped, where a
        checksum stands for the whole. Raises TooLarge, InvalidRequest on a wrong checksum."""
        try:
            async for chunk in chunks:
                await self._take(chunk)
            self._verify()
        except BaseException:
            with suppress(SpoolError):  # the first error is the one to tell
                await (self._keep() if self._checksum is None else self._drop())
            raise
        await self._keep()

    async def _take(self, chunk: bytes) -> None:
        if len(chunk) > self._left:
            raise TooLarge(f"the upload was announced with {self.upload.length} bytes")
        self._left -= len(chunk)
        self._block += chunk
        if self._digest is not None:
            self._digest.update(chunk)
        if len(self._block) >= BLOCK:
            await self._write()
        if self._uncounted >= COMMIT_EVERY and self._checksum is None:
            await self._keep()

    def _verify(self) -> None:
        if self._digest and self._checksum and self._digest.digest() != self._checksum.digest:
            raise InvalidRequest(
                f"Upload-Checksum: the {self._checksum.algorithm} of what has come is another",
                code="upload.checksum_mismatch",
                hint="the chunk is dropped: send it again",
            )

    async def _write(self) -> None:
        """A block that does not get through whole is not written again: the file knows how much
        of it there is."""
        block, self._block = bytes(self._block), bytearray()
        self._uncounted += len(block)
        await self._file.append(block)

    async def _keep(self) -> None:
        await self._write()
        size = await self._file.sync()
        reached("upload.synced")
        stored = await self._store.note_received(self.upload, size)
        if stored is None:
            raise await self._refusal()
        self.upload, self._uncounted = stored, 0
        reached("upload.counted")

    async def _refusal(self) -> SpoolError:
        """Another instance knows nothing of our turn: it may have gone on with the upload."""
        if await self._store.get(self.upload.upload_id) is not None:
            return taken()
        return NotFound("the upload is gone", code="upload.not_found")

    async def _drop(self) -> None:
        """Unless another instance has gone on with it: then it may be its bytes that are there."""
        if await self._store.note_received(self.upload, self.upload.received) is not None:
            await self._file.cut(self.upload.received)
