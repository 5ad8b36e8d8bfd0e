"""Resumable uploads over real rows and files, without doors."""

import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from app.adapters.local_storage import BootMark, LocalStorage, ResumableStorage
from app.adapters.sql import migrate
from app.adapters.sql.boots import SqlBootLog
from app.adapters.sql.database import Database
from app.adapters.sql.jobs import SqlJobStore
from app.adapters.sql.uploads import SqlUploadStore
from app.domain.jobs import Job, JobOptions, SourceKind
from app.domain.uploads import Checksum, ResumableUpload
from app.ports import ResumableFiles, UploadStore
from app.services.intake import Upload
from app.services.sweep import FileSweep
from app.services.upload_finish import UploadFinish
from app.services.upload_sweep import UploadSweep
from app.services.upload_turns import Turns
from app.services.uploads import UploadService
from tests.contracts.jobs import new_id
from tests.unit.workbench import roomy

LIVES = 3600.0  # seconds
MAX_FILE_SIZE = 1 << 40


@dataclass
class Clock:
    now: datetime = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def step(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


class Death(BaseException):
    """The process ends here: nobody expects it, and nothing comes after it."""


@dataclass
class Desk:
    """The part of `Intake` that uploads need."""

    store: SqlJobStore
    blobs: LocalStorage
    #: Raised instead of making a job.
    trouble: BaseException | None = None

    def make_room(self, size: int) -> None:
        """There is always room."""

    async def checked(self, options: JobOptions) -> JobOptions:
        return options

    def expect(self, filename: str) -> Upload:
        return Upload(job_id=new_id(), filename=filename)

    @asynccontextmanager
    async def announced(self, upload: Upload, size: int) -> AsyncIterator[None]:
        """There is no quota."""
        yield

    async def submit_kept(
        self, upload: Upload, options: JobOptions, owner: str | None
    ) -> Job | None:
        if self.trouble:
            raise self.trouble
        if await self.store.get(upload.job_id) is not None:
            return None
        return await self.store.add(
            job_id=upload.job_id,
            source=SourceKind.UPLOAD,
            source_name=upload.filename,
            input_path=upload.key,
            options=options,
            sha256=upload.sha256,
            requester=owner,
            size=upload.size,
        )

    async def discard_unnamed(self, upload: Upload) -> None:
        if await self.store.get(upload.job_id) is None:
            await self.blobs.delete_file(upload.key)


@dataclass(kw_only=True)
class Landing:
    folder: Path
    jobs: SqlJobStore
    store: UploadStore
    desk: Desk
    clock: Clock
    files: ResumableFiles
    blobs: LocalStorage
    file_sweep: FileSweep
    turns: Turns = field(default_factory=lambda: Turns(patience=0.05))

    @property
    def finish(self) -> UploadFinish:
        return UploadFinish(store=self.store, files=self.files, intake=self.desk)  # type: ignore[arg-type]

    @property
    def service(self) -> UploadService:
        return UploadService(
            store=self.store,
            files=self.files,
            intake=self.desk,  # type: ignore[arg-type]
            disk=roomy(),
            finish=self.finish,
            turns=self.turns,
            max_file_size=MAX_FILE_SIZE,
            clock=self.clock,
        )

    @property
    def elsewhere(self) -> UploadService:
        """Of another instance, on the same rows and files."""
        return replace(self.service, turns=Turns(patience=0.05), shared=True)

    @property
    def sweep(self) -> UploadSweep:
        return UploadSweep(
            store=self.store,
            finish=self.finish,
            turns=self.turns,
            clock=self.clock,
        )

    async def start(self) -> None:
        """As the house does, with files and a database that belong together."""
        await self.file_sweep.run_once(new_id())
        await self.sweep.recover()

    async def begun(self, length: int) -> str:
        made = await self.service.create(length, JobOptions(), filename="talk.wav", told=None)
        return made.upload_id

    async def send(
        self, upload_id: str, at: int, *chunks: bytes | BaseException, check: Checksum | None = None
    ) -> ResumableUpload:
        return await self.service.append(upload_id, at, coming(*chunks), checksum=check)

    async def stored(self, upload_id: str) -> ResumableUpload:
        found = await self.store.get(upload_id)
        assert found is not None
        return found

    def growing(self, upload_id: str) -> bytes:
        return (self.folder / "uploads" / upload_id).read_bytes()

    def kept(self) -> list[str]:
        """All files of uploads and of jobs."""
        found = [*self.folder.glob("uploads/*"), *self.folder.glob("*_jobs/*")]
        return sorted(path.relative_to(self.folder).as_posix() for path in found)


async def coming(*chunks: bytes | BaseException) -> AsyncIterator[bytes]:
    for chunk in chunks:
        if isinstance(chunk, BaseException):
            raise chunk
        yield chunk


@asynccontextmanager
async def opened(folder: Path, clock: Clock) -> AsyncIterator[Landing]:
    template = folder.parent / "landing.db"
    if not template.exists():
        migrate.upgrade(f"sqlite:///{template}")
    if not (folder / "spool.db").exists():
        shutil.copy(template, folder / "spool.db")
    async with Database(f"sqlite:///{folder / 'spool.db'}") as database:
        jobs, uploads = SqlJobStore(database, clock), SqlUploadStore(database, LIVES, clock)
        blobs = LocalStorage(folder)
        file_sweep = FileSweep(
            files=blobs,
            mark=BootMark(folder),
            boots=SqlBootLog(database),
            known_jobs=jobs.known,
            hashed_uploads=uploads.hashed,
            growing_uploads=uploads.growing,
        )
        await file_sweep.run_once(new_id())
        yield Landing(
            folder=folder,
            jobs=jobs,
            store=uploads,
            desk=Desk(jobs, blobs),
            clock=clock,
            files=ResumableStorage(folder),
            blobs=blobs,
            file_sweep=file_sweep,
        )
