"""Makers of jobs for the contract tests."""

import uuid

from app.domain.jobs import IdempotencyKey, Job, JobOptions, SourceKind
from app.ports import JobStore

BOOT = "boot-1"


def new_id() -> str:
    return str(uuid.uuid4())


async def add_job(
    store: JobStore,
    *,
    job_id: str | None = None,
    options: JobOptions | None = None,
    key: IdempotencyKey | None = None,
    sha256: str | None = None,
    requester: str | None = None,
    held: Job | None = None,
) -> Job:
    job_id = job_id or new_id()
    return await store.add(
        job_id=job_id,
        source=SourceKind.UPLOAD,
        source_name="talk.mp4",
        input_path=f"video_jobs/{job_id}.mp4",
        options=options or JobOptions(),
        key=key,
        sha256=sha256,
        requester=requester,
        held=held,
    )


async def claimed_job(
    store: JobStore, *, boot_id: str = BOOT, options: JobOptions | None = None
) -> Job:
    job = await add_job(store, options=options)
    return await claim(store, job, boot_id)


async def claim(store: JobStore, job: Job, boot_id: str = BOOT) -> Job:
    claimed = await store.claim(job.job_id, boot_id)
    assert claimed is not None
    return claimed


async def stored(store: JobStore, job: Job) -> Job:
    found = await store.get(job.job_id)
    assert found is not None
    return found
