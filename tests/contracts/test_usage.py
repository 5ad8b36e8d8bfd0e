"""What is kept for an API key is told as it is."""

from app.domain.jobs import Job, JobOptions, SourceKind
from app.domain.quotas import Usage
from tests.contracts.conftest import Stores
from tests.contracts.jobs import BOOT, new_id

KEY = new_id()
SHA256 = "ab" * 32


async def job_of(
    stores: Stores, size: int | None, source: SourceKind = SourceKind.UPLOAD, key: str = KEY
) -> Job:
    job_id = new_id()
    return await stores.jobs.add(
        job_id=job_id,
        source=source,
        source_name="talk.wav",
        input_path=f"audio_jobs/{job_id}.wav",
        options=JobOptions(),
        requester=key,
        size=size,
    )


async def upload_of(stores: Stores, length: int, key: str | None = KEY) -> str:
    upload_id = new_id()
    await stores.uploads.add(
        upload_id=upload_id,
        filename="talk.wav",
        length=length,
        told=None,
        options=JobOptions(),
        requester=key,
    )
    return upload_id


async def test_a_key_without_jobs_has_used_nothing(stores: Stores) -> None:
    await job_of(stores, 5, key=new_id())
    assert await stores.jobs.used(KEY) == Usage()


async def test_jobs_count_also_once_they_have_ended_and_their_media_in_bytes(
    stores: Stores,
) -> None:
    big = 1 << 40
    first, _ = await job_of(stores, big), await job_of(stores, 3)
    await job_of(stores, None, SourceKind.URL)
    await stores.jobs.cancel(first.job_id)
    assert await stores.jobs.used(KEY) == Usage(jobs=3, bytes=big + 3)
    await stores.jobs.delete(first.job_id)
    assert await stores.jobs.used(KEY) == Usage(jobs=2, bytes=3)


async def test_of_a_file_that_is_read_in_place_the_bytes_are_nobodys(stores: Stores) -> None:
    for source in (SourceKind.PATH, SourceKind.URL):
        held = await stores.jobs.claim((await job_of(stores, None, source)).job_id, BOOT)
        assert held and await stores.jobs.note_sha256(held, SHA256, 7)
        told = await stores.jobs.get(held.job_id)
        assert told and (told.sha256, told.size) == (SHA256, 7)
    assert await stores.jobs.used(KEY) == Usage(jobs=2, bytes=7)


async def test_an_upload_under_way_counts_as_long_as_it_is_to_be(stores: Stores) -> None:
    await upload_of(stores, 9, key=None)
    upload_id = await upload_of(stores, 10)
    assert await stores.jobs.used(KEY) == Usage(jobs=1, bytes=10)
    await stores.jobs.add(
        job_id=upload_id,
        source=SourceKind.UPLOAD,
        source_name="talk.wav",
        input_path=f"audio_jobs/{upload_id}.wav",
        options=JobOptions(),
        requester=KEY,
        size=10,
    )
    assert await stores.jobs.used(KEY) == Usage(jobs=1, bytes=10), "not twice"
    await stores.uploads.delete(upload_id)
    assert await stores.jobs.used(KEY) == Usage(jobs=1, bytes=10)
