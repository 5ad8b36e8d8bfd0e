"""A write that waits beside one that is refused is stored all the same, whatever its verb.

Stores may let writes that wait share a commit, and run them again when one of them fails.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

import pytest

from app.domain.assets import AssetChanges, asset_of
from app.domain.errors import InvalidRequest, MediaUnreadable, StorageError
from app.domain.jobs import IdempotencyKey, Job, JobOptions, JobStatus, JobWarning, Stage
from app.domain.keys import Scope
from app.domain.media_types import MediaType
from app.domain.transcript import Topic
from app.domain.webhooks import DeliveryState, DeliveryTry
from app.ports import JobStore
from tests.contracts.conftest import SteppedClock, Stores
from tests.contracts.jobs import add_job, claim, claimed_job, stored
from tests.contracts.test_key_store import DIGEST
from tests.contracts.test_transcript_store import transcript
from tests.contracts.test_upload_store import SHA256, begun, hashed, whole
from tests.contracts.test_window_journal import heard, window
from tests.contracts.webhooks import as_stored, owed, tried

T = TypeVar("T")
FULL = StorageError("the disk is full")


async def beside(stores: Stores, verb: Awaitable[T]) -> T:
    """What the verb answers, called at the moment of two writes that are refused."""
    await add_job(stores.jobs, key=IdempotencyKey(key="taken", digest="a" * 64))
    refused = [
        add_job(stores.jobs, key=IdempotencyKey(key="taken", digest="b" * 64)) for _ in range(2)
    ]
    first, answer, last = await asyncio.gather(
        refused[0], asyncio.ensure_future(verb), refused[1], return_exceptions=True
    )
    assert isinstance(first, InvalidRequest) and isinstance(last, InvalidRequest)
    if isinstance(answer, BaseException):
        raise answer
    return answer


async def test_a_job_that_is_added_is_stored(stores: Stores) -> None:
    key = IdempotencyKey(key="mine", digest="c" * 64)
    job = await beside(stores, add_job(stores.jobs, key=key, sha256="ab" * 32))
    assert await stored(stores.jobs, job) == job
    assert (await add_job(stores.jobs, key=key)).job_id == job.job_id


async def test_a_job_that_is_claimed_is_held(stores: Stores) -> None:
    job = await beside(stores, claim(stores.jobs, await add_job(stores.jobs)))
    assert (await stored(stores.jobs, job)) == job
    assert (job.attempts, len(job.history)) == (1, 1)


NOTES: list[tuple[Callable[[JobStore, Job], Awaitable[bool]], Callable[[Job], object], object]] = [
    (lambda s, j: s.advance(j, Stage.TRANSCRIBING), lambda j: j.stage, Stage.TRANSCRIBING),
    (lambda s, j: s.note_progress(j, 0.5), lambda j: j.progress, 0.5),
    (lambda s, j: s.note_duration(j, 7.0), lambda j: j.duration, 7.0),
    (lambda s, j: s.note_engine(j, "p", "m"), lambda j: (j.provider, j.model), ("p", "m")),
    (lambda s, j: s.note_sha256(j, "cd" * 32), lambda j: j.sha256, "cd" * 32),
    (
        lambda s, j: s.warn(j, JobWarning(code="a.b", message="c")),
        lambda j: j.warnings,
        (JobWarning(code="a.b", message="c"),),
    ),
    (
        lambda s, j: s.succeed(j, output_path="x"),
        lambda j: (j.status, j.output_path),
        (JobStatus.COMPLETED, "x"),
    ),
    (
        lambda s, j: s.fail(j, FULL, dead_letter=True),
        lambda j: (j.status, j.dead_letter, j.history[0].error_code),
        (JobStatus.FAILED, True, FULL.code),
    ),
    (
        lambda s, j: s.retry(j, FULL),
        lambda j: (j.status, j.errors, j.history[0].error_code),
        (JobStatus.PENDING, 1, FULL.code),
    ),
    (lambda s, j: s.release(j), lambda j: (j.status, j.attempts), (JobStatus.PENDING, 0)),
    (lambda s, j: s.cancel(j.job_id), lambda j: j.status, JobStatus.CANCELLED),
]


@pytest.mark.parametrize(("verb", "seen", "expected"), NOTES)
async def test_what_a_claim_writes_is_stored_once(
    stores: Stores,
    verb: Callable[[JobStore, Job], Awaitable[bool]],
    seen: Callable[[Job], object],
    expected: object,
) -> None:
    job = await claimed_job(stores.jobs)
    assert await beside(stores, verb(stores.jobs, job))
    assert seen(await stored(stores.jobs, job)) == expected


async def test_a_job_that_is_sent_on_its_way_again_waits(stores: Stores) -> None:
    job = await claimed_job(stores.jobs)
    await stores.jobs.fail(job, MediaUnreadable("no"))
    assert await beside(stores, stores.jobs.reopen(await stored(stores.jobs, job)))
    assert (await stored(stores.jobs, job)).status is JobStatus.PENDING


async def test_a_warning_that_is_taken_back_is_gone(stores: Stores) -> None:
    job = await claimed_job(stores.jobs)
    await stores.jobs.warn(job, JobWarning(code="index.failed", message="torn"))
    await stores.jobs.succeed(job, output_path=None)
    await beside(stores, stores.jobs.make_good(job.job_id))
    assert (await stored(stores.jobs, job)).warnings == ()


async def test_a_job_that_is_deleted_is_gone(stores: Stores) -> None:
    job = await add_job(stores.jobs)
    assert await beside(stores, stores.jobs.delete(job.job_id))
    assert await stores.jobs.get(job.job_id) is None


async def test_a_job_of_a_dead_run_is_swept_once(stores: Stores) -> None:
    job = await claimed_job(stores.jobs, boot_id="dead")
    assert (await beside(stores, stores.jobs.sweep("alive"))).pending == (job.job_id,)
    assert (await stored(stores.jobs, job)).deaths == 1


async def test_a_key_that_gets_a_job_as_its_answer_keeps_it(stores: Stores) -> None:
    job, key = await add_job(stores.jobs), IdempotencyKey(key="mine", digest="c" * 64)
    assert await beside(stores, stores.jobs.answer(key, job.job_id)) == job
    assert await stores.jobs.answered(key) == job


async def test_a_window_that_is_recorded_is_stored(stores: Stores) -> None:
    job = await claimed_job(stores.jobs)
    await beside(stores, stores.windows.record(job.job_id, "hash", window(0), heard(0)))
    assert await stores.windows.done(job.job_id, "hash") == {0: (window(0).span, heard(0))}


async def test_a_transcript_that_is_saved_is_stored(stores: Stores) -> None:
    job = await claimed_job(stores.jobs)
    await beside(stores, stores.transcripts.save(job, transcript("hello")))
    assert await stores.transcripts.load(job.job_id) == transcript("hello")


async def test_what_is_noted_of_a_transcript_is_stored(stores: Stores) -> None:
    job = await claimed_job(stores.jobs)
    await stores.transcripts.save(job, transcript("hello"))
    topics = (Topic(topic="greeting", score=0.5),)
    await beside(stores, stores.transcripts.note_topics(job.job_id, topics))
    found = await stores.transcripts.load(job.job_id)
    assert found is not None and found.topics == topics


async def test_an_asset_is_kept_edited_and_marked(stores: Stores) -> None:
    job = await claimed_job(stores.jobs, options=JobOptions(media_type=MediaType.TEXT))
    asset = await beside(stores, stores.assets.settle(job, asset_of(job, text="hello")))
    assert await stores.assets.get(job.asset_id) == asset
    assert await stores.jobs.succeed(job, output_path=None)
    edited = await beside(stores, stores.assets.edit(job.asset_id, AssetChanges(title="new")))
    assert edited is not None and await stores.assets.get(job.asset_id) == edited
    await beside(stores, stores.assets.mark_indexed(edited, "first"))
    assert await stores.assets.unindexed("first", 10) == []
    await beside(stores, stores.assets.unmark(job.asset_id))
    assert await stores.assets.unindexed("first", 10) == [job.asset_id]


async def test_what_is_noted_of_an_upload_is_stored(stores: Stores) -> None:
    added = await beside(stores, begun(stores.uploads))
    assert await stores.uploads.get(added.upload_id) == added
    received = await beside(stores, stores.uploads.note_received(added, 10))
    assert received is not None and received.received == 10
    assert await stores.uploads.get(added.upload_id) == received
    noted = await beside(stores, stores.uploads.note_sha256(await whole(stores.uploads), SHA256))
    assert noted is not None and await stores.uploads.get(noted.upload_id) == noted
    finished = await beside(stores, stores.uploads.finish(await hashed(stores.uploads)))
    assert finished is not None and finished.finished_at is not None
    assert await stores.uploads.get(finished.upload_id) == finished
    assert await beside(stores, stores.uploads.delete(added.upload_id))
    assert await stores.uploads.get(added.upload_id) is None


async def test_what_is_noted_of_an_api_key_is_stored(stores: Stores, clock: SteppedClock) -> None:
    keys = stores.keys
    added = keys.add(name="laptop", scopes={Scope.READ}, expires_at=None, digest=DIGEST)
    key = await beside(stores, added)
    assert await keys.find(DIGEST) == key
    used = await beside(stores, keys.note_use(key.key_id))
    assert used is not None and await keys.find(DIGEST) == used and used.last_used_at == clock.now
    revoked = await beside(stores, keys.revoke(key.key_id))
    assert revoked is not None and revoked.revoked_at == clock.now
    assert await keys.find(DIGEST) == revoked


async def test_a_webhook_of_a_job_that_ends_is_owed_once(stores: Stores) -> None:
    job = await claimed_job(stores.jobs, options=JobOptions(webhook_url="https://hooks.example/"))
    assert await beside(stores, stores.jobs.succeed(job, output_path=None))
    assert len((await stores.deliveries.list(job_id=job.job_id)).deliveries) == 1


@pytest.mark.parametrize(
    ("ending", "status", "state"),
    [
        ("succeed", 204, DeliveryState.DELIVERED),
        ("postpone", 500, DeliveryState.PENDING),
        ("give_up", 500, DeliveryState.FAILED),
        ("disable", 410, DeliveryState.DISABLED),
    ],
)
async def test_a_try_of_a_webhook_is_stored_once(
    stores: Stores, clock: SteppedClock, ending: str, status: int, state: DeliveryState
) -> None:
    delivery = await owed(stores)
    attempt: DeliveryTry = tried(delivery, clock.now, status=status)
    when = [clock.step(60)] if ending == "postpone" else []
    assert await beside(stores, getattr(stores.deliveries, ending)(delivery, attempt, *when))
    found = await as_stored(stores, delivery)
    assert (found.state, found.attempts, found.tries) == (state, 1, (attempt,))
    again = await beside(stores, stores.deliveries.replay(delivery.delivery_id))
    assert again is not None and again.state is DeliveryState.PENDING
    assert await as_stored(stores, delivery) == again
