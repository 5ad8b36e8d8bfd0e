"""From an upload that is whole to its job; or to nothing. Cut short at any point and done again, it
ends the same: the job has the upload's id, so there is never a second one."""

from contextlib import closing
from dataclasses import dataclass

from app.domain.crashpoints import reached
from app.domain.errors import NotFound
from app.domain.uploads import ResumableUpload
from app.ports import ResumableFiles, UploadStore
from app.services.intake import Intake, Upload


@dataclass(frozen=True, kw_only=True)
class UploadFinish:
    """Whoever calls it has the upload's turn; another instance may be at it all the same."""

    store: UploadStore
    files: ResumableFiles
    intake: Intake

    async def run(self, upload: ResumableUpload) -> ResumableUpload:
        """`upload` is whole. Raises NotFound when its bytes are gone; then it is forgotten."""
        try:
            if upload.finished_at is None:
                upload = await self._finished(await self._hashed(upload))
        except NotFound as error:
            if (ahead := await self._ahead_of(upload)) is not None:
                return await self.run(ahead)
            await self.store.delete(upload.upload_id)
            raise _gone() from error
        return upload

    async def _ahead_of(self, upload: ResumableUpload) -> ResumableUpload | None:
        """As it is stored, where somebody has come further with it: then the bytes have moved."""
        stored = await self.store.get(upload.upload_id)
        return stored if stored is not None and _steps(stored) > _steps(upload) else None

    async def give_up(self, upload: ResumableUpload) -> None:
        """Its row and its bytes go, wherever these are by now; but never those of a job."""
        await self.store.delete(upload.upload_id)
        await self.files.delete_file(upload.growing_key)
        await self.intake.discard_unnamed(_kept(upload))

    async def _hashed(self, upload: ResumableUpload) -> ResumableUpload:
        """Noted, so that a start has not to read the whole file before the doors open."""
        if upload.sha256 is None:
            await self._counted(upload)
            sha256 = await self.files.sha256(upload.growing_key)
            upload = _still_there(await self.store.note_sha256(upload, sha256))
            reached("upload.hashed")
        return upload

    async def _counted(self, upload: ResumableUpload) -> None:
        """Raises NotFound where the file is shorter than its row says."""
        with closing(await self.files.open(upload.growing_key)) as file:
            if file.size < upload.length:
                raise _gone()

    async def _finished(self, upload: ResumableUpload) -> ResumableUpload:
        await self.files.finish(upload.growing_key, upload.key)
        reached("upload.renamed")
        await self.intake.submit_kept(_kept(upload), upload.options, upload.requester)
        upload = _still_there(await self.store.finish(upload))
        reached("upload.finished")
        return upload


def _kept(upload: ResumableUpload) -> Upload:
    return Upload(
        job_id=upload.upload_id,
        filename=upload.filename,
        sha256=upload.sha256,
        size=upload.length,
    )


def _steps(upload: ResumableUpload) -> int:
    """That are done."""
    return sum(done is not None for done in (upload.sha256, upload.finished_at))


def _still_there(upload: ResumableUpload | None) -> ResumableUpload:
    if upload is None:
        raise _gone()
    return upload


def _gone() -> NotFound:
    return NotFound("the upload is gone", code="upload.not_found")
