"""What every `JobStore` owes to its callers."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from app.adapters.sql.cursor import Cursor
from app.domain.errors import (
    Conflict,
    EngineCrashed,
    EngineError,
    EngineHung,
    InvalidRequest,
    MediaUnreadable,
    SpoolError,
    StorageFull,
)
from app.domain.jobs import (
    SUSPECT_DEATHS,
    IdempotencyKey,
    Job,
    JobCounts,
    JobOptions,
    JobStatus,
    JobWarning,
    Priority,
    SourceKind,
    Stage,
    Swept,
    Task,
)
from app.domain.media import AudioWindow
from app.domain.media_types import MediaType
from app.domain.retention import Ending, Expiry
from app.domain.transcript import WindowTranscript
from app.ports import JobStore
from tests.contracts.conftest import OpenStores, SteppedClock, Stores
from tests.contracts.jobs import BOOT, add_job, claim, claimed_job, new_id, stored
from tests.contracts.webhooks import SAID

ERROR = StorageFull("the disk is full")
OPTIONS = JobOptions(
    language="de",
    task=Task.TRANSLATE,
    provider="whisper_cpp",
    model="base",
    prompt="Göttingen, 東京",
    word_timestamps=True,
    asset_id="talk-7",
    title="A talk",
    labels=("one", "two"),
)


@pytest.fixture
def store(stores: Stores) -> JobStore:
    return stores.jobs


# add and get


async def test_a_new_job_is_pending_and_says_what_it_was_given(
    store: JobStore, clock: SteppedClock
) -> None:
    job_id = new_id()
    job = await store.add(
        job_id=job_id,
        source=SourceKind.URL,
        source_name="https://example.org/talk.mp4",
        input_path="https://example.org/talk.mp4",
        options=OPTIONS,
    )
    assert job == Job(
        job_id=job_id,
        status=JobStatus.PENDING,
        created_at=clock.now,
        updated_at=clock.now,
        source=SourceKind.URL,
        source_name="https://example.org/talk.mp4",
        input_path="https://example.org/talk.mp4",
        options=OPTIONS,
    )
    assert await store.get(job_id) == job


async def test_an_added_job_is_there_for_whoever_opens_the_database_next(
    open_stores: OpenStores,
) -> None:
    async with open_stores() as first:
        job = await add_job(first.jobs)
    async with open_stores() as second:
        assert await second.jobs.get(job.job_id) == job


async def test_the_same_id_twice_is_a_conflict_and_changes_nothing(store: JobStore) -> None:
    job = await add_job(store)
    with pytest.raises(Conflict):
        await add_job(store, job_id=job.job_id, options=OPTIONS)
    assert await store.get(job.job_id) == job


async def test_times_come_back_with_a_time_zone(store: JobStore) -> None:
    job = await claimed_job(store)
    await store.fail(job, ERROR)
    failed = await stored(store, job)
    times = [failed.created_at, failed.updated_at, failed.finished_at]
    times += [failed.history[0].started_at, failed.history[0].ended_at]
    assert all(time is not None and time.utcoffset() == timedelta(0) for time in times)


async def test_a_name_that_no_encoding_knows_is_kept_as_well_as_can_be(store: JobStore) -> None:
    job = await store.add(
        job_id=new_id(),
        source=SourceKind.UPLOAD,
        source_name="bad\udcff\0name.mp4",
        input_path="video_jobs/x.mp4",
        options=JobOptions(title="\ud800"),
    )
    name = (await stored(store, job)).source_name
    assert name == "bad\N{REPLACEMENT CHARACTER}\N{REPLACEMENT CHARACTER}name.mp4"
    assert job.options.title == "\N{REPLACEMENT CHARACTER}"


async def test_a_path_that_cannot_be_stored_is_refused_not_bent(store: JobStore) -> None:
    with pytest.raises(InvalidRequest):
        await store.add(
            job_id=new_id(),
            source=SourceKind.PATH,
            source_name="x",
            input_path="/media/\ud800.mp4",
            options=JobOptions(),
        )


@pytest.mark.parametrize(
    "job_id",
    ["", "x", "' OR 1=1 --", "\ud800", "a\0b", "0b79e0c2-6d0f-4f4e-9f3c-5f4f3c2d1e0a".upper()],
)
async def test_an_id_that_is_no_job_id_finds_nothing(store: JobStore, job_id: str) -> None:
    await add_job(store)
    assert await store.get(job_id) is None
    assert await store.claim(job_id, BOOT) is None


async def test_an_unknown_id_finds_nothing(store: JobStore) -> None:
    assert await store.get(new_id()) is None


# list, count, pending


async def test_the_list_is_newest_first(store: JobStore, clock: SteppedClock) -> None:
    ids = []
    for _ in range(3):
        clock.step(1)
        ids.append((await add_job(store)).job_id)
    page = await store.list()
    assert [job.job_id for job in page.jobs] == ids[::-1]
    assert page.cursor is None


async def test_pages_show_every_job_once_even_when_all_came_in_one_instant(
    store: JobStore,
) -> None:
    ids = {(await add_job(store)).job_id for _ in range(7)}
    seen: list[str] = []
    cursor: str | None = None
    sizes = []
    while True:
        page = await store.list(limit=3, cursor=cursor)
        seen += [job.job_id for job in page.jobs]
        sizes.append(len(page.jobs))
        cursor = page.cursor
        if cursor is None:
            break
    assert sizes == [3, 3, 1]
    assert set(seen) == ids and len(seen) == len(ids)


async def test_a_page_that_ends_the_list_exactly_has_no_cursor(store: JobStore) -> None:
    for _ in range(3):
        await add_job(store)
    assert (await store.list(limit=3)).cursor is None


async def test_jobs_added_meanwhile_do_not_shift_the_next_page(
    store: JobStore, clock: SteppedClock
) -> None:
    ids = []
    for _ in range(4):
        clock.step(1)
        ids.append((await add_job(store)).job_id)
    first = await store.list(limit=2)
    clock.step(1)
    await add_job(store)
    second = await store.list(limit=2, cursor=first.cursor)
    assert [job.job_id for job in second.jobs] == [ids[1], ids[0]]


async def test_the_list_can_be_narrowed_to_a_status(store: JobStore) -> None:
    await add_job(store)
    running = await claimed_job(store)
    page = await store.list(status=JobStatus.RUNNING)
    assert [job.job_id for job in page.jobs] == [running.job_id]
    assert page.jobs[0].history == running.history


@pytest.mark.parametrize("status", [None, JobStatus.PENDING])
async def test_the_list_leaves_key_frames_out_unless_asked(
    store: JobStore, status: JobStatus | None
) -> None:
    video = await add_job(store)
    kind = MediaType.KEYFRAME
    told = JobOptions(asset_id="talk#t=1", media_type=kind, parent_id="talk")
    frame = await add_job(store, options=told)
    assert (await store.list(status=status)).jobs == (video,)
    assert (await store.list(status=status, media_type=kind)).jobs == (frame,)
    both = (await store.list(status=status, frames=True)).jobs
    assert {job.job_id for job in both} == {video.job_id, frame.job_id}


BEYOND = Cursor(
    created_at=datetime.fromisoformat("9999-12-31T23:59:59-14:00"),
    job_id="0b79e0c2-6d0f-4f4e-9f3c-5f4f3c2d1e0a",
)


@pytest.mark.parametrize(
    "cursor",
    ["", "x", "W10", "bnVsbA", "é", "=", "A" * 10_000, "W1tb" * 9999, BEYOND.encode()],
)
async def test_a_foreign_cursor_is_an_invalid_request(store: JobStore, cursor: str) -> None:
    with pytest.raises(InvalidRequest):
        await store.list(cursor=cursor)


@pytest.mark.parametrize("limit", [0, -1, 10**30])
async def test_a_limit_without_sense_is_an_invalid_request(store: JobStore, limit: int) -> None:
    with pytest.raises(InvalidRequest):
        await store.list(limit=limit)


async def test_the_count_names_every_status(store: JobStore) -> None:
    none = dict.fromkeys(JobStatus, 0)
    assert await store.count() == JobCounts(jobs=none, frames=none)
    await add_job(store)
    await claimed_job(store)
    counts = (await store.count()).jobs
    assert counts[JobStatus.PENDING] == counts[JobStatus.RUNNING] == 1
    assert set(counts) == set(JobStatus)


async def test_the_count_is_that_of_the_lists_and_tells_key_frames_apart(store: JobStore) -> None:
    frame = JobOptions(media_type=MediaType.KEYFRAME)
    for options in (JobOptions(), frame, frame):
        await add_job(store, options=options)
    counts = await store.count()
    listed = await store.list(status=JobStatus.PENDING)
    assert counts.jobs[JobStatus.PENDING] == len(listed.jobs) == 1
    assert counts.frames[JobStatus.PENDING] == 2
    assert counts.of(JobStatus.PENDING) == 3


async def test_pending_jobs_are_oldest_first(store: JobStore, clock: SteppedClock) -> None:
    ids = []
    for _ in range(3):
        clock.step(1)
        ids.append((await add_job(store)).job_id)
    await store.claim(ids[1], BOOT)
    assert list(await store.pending()) == [ids[0], ids[2]]


async def test_turns_go_by_priority_then_by_age(store: JobStore, clock: SteppedClock) -> None:
    wished = [Priority.BATCH, Priority.NORMAL, Priority.INTERACTIVE, Priority.NORMAL]
    jobs = []
    for priority in wished:
        clock.step(1)
        jobs.append(await add_job(store, options=JobOptions(priority=priority)))
    turns = [jobs[2], jobs[1], jobs[3], jobs[0]]
    assert await store.pending() == {job.job_id: job.options.priority for job in turns}
    assert list(await store.pending()) == [job.job_id for job in turns]
    assert [await store.ahead(job) for job in turns] == [0, 1, 2, 3]
    await store.claim(jobs[2].job_id, BOOT)
    assert await store.ahead(jobs[1]) == 0


async def test_completed_jobs_are_found_by_their_bytes(
    store: JobStore, clock: SteppedClock
) -> None:
    ids = []
    for sha256 in ("a" * 64, "a" * 64, "b" * 64, None):
        clock.step(1)
        job = await add_job(store, sha256=sha256)
        ids.append(job.job_id)
        assert job.sha256 == sha256
    assert await store.completed_with("a" * 64) == []
    for job_id in ids:
        claimed = await store.claim(job_id, BOOT)
        assert claimed is not None and await store.succeed(claimed, output_path=None)
    found = await store.completed_with("a" * 64)
    assert [job.job_id for job in found] == [ids[1], ids[0]]


async def test_a_job_keeps_whose_key_asked_for_it(store: JobStore) -> None:
    asked = await add_job(store, requester="key-1")
    assert asked.requester == "key-1" and await store.get(asked.job_id) == asked
    assert (await add_job(store)).requester is None


async def test_a_job_keeps_the_engine_that_it_began_with(store: JobStore) -> None:
    job = await store.claim((await add_job(store)).job_id, BOOT)
    assert job is not None and (job.provider, job.model) == (None, None)
    assert await store.note_engine(job, "whisper_cpp", "tiny.en")
    await store.release(job)
    again = await store.claim(job.job_id, "boot-2")
    assert again is not None and (again.provider, again.model) == ("whisper_cpp", "tiny.en")
    assert not await store.note_engine(job, "openai", "whisper-1"), "an old claim"


async def test_a_reopened_job_gets_an_engine_anew_unless_it_was_heard(stores: Stores) -> None:
    for heard in (False, True):
        job = await claimed_job(stores.jobs)
        await stores.jobs.note_engine(job, "whisper_cpp", "tiny.en")
        if heard:
            await stores.transcripts.save(job, SAID)
        await stores.jobs.fail(job, EngineError("no"))
        assert await stores.jobs.reopen(await stored(stores.jobs, job))
        again = await stored(stores.jobs, job)
        kept = ("whisper_cpp", "tiny.en") if heard else (None, None)
        assert (again.provider, again.model) == kept


# claim


async def test_a_claim_counts_the_attempt_before_any_work(
    store: JobStore, clock: SteppedClock
) -> None:
    job = await add_job(store)
    clock.step(5)
    claimed = await claim(store, job)
    assert (claimed.status, claimed.attempts, claimed.boot_id) == (JobStatus.RUNNING, 1, BOOT)
    assert claimed.stage is None
    [attempt] = claimed.history
    assert (attempt.number, attempt.started_at, attempt.ended_at) == (1, clock.now, None)
    assert await store.get(job.job_id) == claimed


async def test_of_fifty_claims_at_once_one_wins(store: JobStore) -> None:
    job = await add_job(store)
    claims = await asyncio.gather(*(store.claim(job.job_id, f"boot-{i}") for i in range(50)))
    winners = [claimed for claimed in claims if claimed is not None]
    assert len(winners) == 1
    assert await store.get(job.job_id) == winners[0]
    assert winners[0].attempts == 1


async def test_two_stores_on_one_database_share_the_jobs_out_without_a_clash(
    open_stores: OpenStores,
) -> None:
    async with open_stores() as left, open_stores() as right:
        ids = [(await add_job(left.jobs)).job_id for _ in range(10)]
        claims = await asyncio.gather(
            *(
                side.jobs.claim(job_id, boot)
                for job_id in ids
                for side, boot in ((left, "left"), (right, "right"))
            )
        )
        won = [claimed.job_id for claimed in claims if claimed]
        assert sorted(won) == sorted(ids)
        assert await right.jobs.pending() == {}


@pytest.mark.parametrize("ending", ["running", "completed", "failed"])
async def test_only_a_pending_job_can_be_claimed(store: JobStore, ending: str) -> None:
    job = await claimed_job(store)
    if ending == "completed":
        await store.succeed(job, output_path=None)
    if ending == "failed":
        await store.fail(job, ERROR)
    before = await stored(store, job)
    assert await store.claim(job.job_id, "boot-2") is None
    assert await store.get(job.job_id) == before


async def test_a_second_claim_forgets_the_error_and_keeps_the_progress(store: JobStore) -> None:
    job = await claimed_job(store)
    await store.advance(job, Stage.TRANSCRIBING)
    await store.note_progress(job, 0.6)
    await store.retry(job, ERROR)
    again = await claim(store, job)
    assert (again.attempts, again.progress, again.stage) == (2, 0.6, None)
    assert (again.error_code, again.error_message) == (None, None)
    assert [attempt.error_code for attempt in again.history] == ["storage.full", None]


# while it runs


async def test_each_stage_gets_its_wall_time(store: JobStore, clock: SteppedClock) -> None:
    job = await claimed_job(store)
    assert await store.advance(job, Stage.MEDIA_EXTRACTION)
    clock.step(2)
    assert await store.advance(job, Stage.TRANSCRIBING)
    clock.step(30.5)
    assert await store.succeed(job, output_path="results/x.json")
    done = await stored(store, job)
    assert done.timings == {"media_extraction": 2.0, "transcribing": 30.5}
    assert done.stage is Stage.TRANSCRIBING
    assert done.history[0].stage is Stage.TRANSCRIBING


async def test_a_stage_entered_again_adds_to_its_time(store: JobStore, clock: SteppedClock) -> None:
    job = await claimed_job(store)
    await store.advance(job, Stage.TRANSCRIBING)
    clock.step(3)
    await store.retry(job, ERROR)
    clock.step(100)
    again = await claim(store, job)
    await store.advance(again, Stage.TRANSCRIBING)
    clock.step(4)
    await store.fail(again, ERROR)
    assert (await stored(store, job)).timings == {"transcribing": 7.0}


async def test_a_clock_set_back_takes_no_time_away(store: JobStore, clock: SteppedClock) -> None:
    job = await claimed_job(store)
    await store.advance(job, Stage.TRANSCRIBING)
    clock.step(-7200)
    await store.succeed(job, output_path=None)
    assert (await stored(store, job)).timings == {"transcribing": 0.0}


@pytest.mark.parametrize(
    ("told", "kept"),
    [
        ([0.5], 0.5),
        ([0.5, 0.2], 0.5),
        ([0.2, 0.9], 0.9),
        ([-3.0], 0.0),
        ([7.0], 1.0),
        ([0.3, float("nan")], 0.3),
        ([float("inf")], 1.0),
    ],
)
async def test_progress_stays_between_nothing_and_all_and_never_goes_back(
    store: JobStore, told: list[float], kept: float
) -> None:
    job = await claimed_job(store)
    for progress in told:
        assert await store.note_progress(job, progress)
    assert (await stored(store, job)).progress == kept


async def test_the_duration_is_noted(store: JobStore) -> None:
    job = await claimed_job(store)
    assert await store.note_duration(job, 12.25)
    assert (await stored(store, job)).duration == 12.25


async def test_a_warning_given_twice_keeps_the_later_message(store: JobStore) -> None:
    job = await claimed_job(store)
    for code, message in (("a", "first"), ("b", "other"), ("a", "later")):
        assert await store.warn(job, JobWarning(code=code, message=message))
    assert (await stored(store, job)).warnings == (
        JobWarning(code="b", message="other"),
        JobWarning(code="a", message="later"),
    )


async def test_warnings_given_at_once_are_all_kept(store: JobStore) -> None:
    job = await claimed_job(store)
    codes = [f"code-{number}" for number in range(10)]
    await asyncio.gather(*(store.warn(job, JobWarning(code=c, message="m")) for c in codes))
    assert {warning.code for warning in (await stored(store, job)).warnings} == set(codes)


async def test_every_change_moves_updated_at(store: JobStore, clock: SteppedClock) -> None:
    job = await claimed_job(store)
    for change in _changes(store, job):
        moved = clock.step(1)
        await change()
        assert (await stored(store, job)).updated_at == moved


# how it ends


async def test_success_is_whole(store: JobStore, clock: SteppedClock) -> None:
    job = await claimed_job(store)
    await store.note_progress(job, 0.4)
    clock.step(9)
    assert await store.succeed(job, output_path="results/x.json")
    done = await stored(store, job)
    assert (done.status, done.progress) == (JobStatus.COMPLETED, 1.0)
    assert (done.output_path, done.finished_at) == ("results/x.json", clock.now)
    assert (done.error_code, done.boot_id) == (None, None)
    assert done.history[0].ended_at == clock.now


async def test_failure_keeps_why(store: JobStore, clock: SteppedClock) -> None:
    job = await claimed_job(store)
    await store.advance(job, Stage.MEDIA_EXTRACTION)
    clock.step(9)
    assert await store.fail(job, MediaUnreadable("moov atom not found \udcff"))
    failed = await stored(store, job)
    message = "moov atom not found \N{REPLACEMENT CHARACTER}"
    assert (failed.status, failed.stage) == (JobStatus.FAILED, Stage.MEDIA_EXTRACTION)
    assert (failed.error_code, failed.error_message) == ("media.unreadable", message)
    assert (failed.finished_at, failed.boot_id) == (clock.now, None)
    [attempt] = failed.history
    assert (attempt.error_code, attempt.error_message) == ("media.unreadable", message)
    assert (attempt.ended_at, attempt.stage) == (clock.now, Stage.MEDIA_EXTRACTION)


async def test_a_retry_waits_again_with_the_attempt_counted(
    store: JobStore, clock: SteppedClock
) -> None:
    job = await claimed_job(store)
    clock.step(9)
    assert await store.retry(job, ERROR)
    waiting = await stored(store, job)
    assert (waiting.status, waiting.attempts) == (JobStatus.PENDING, 1)
    assert (waiting.error_code, waiting.finished_at) == ("storage.full", None)
    assert (waiting.history[0].error_code, waiting.history[0].ended_at) == (
        "storage.full",
        clock.now,
    )
    assert list(await store.pending()) == [job.job_id]


async def test_a_release_gives_the_attempt_back(store: JobStore) -> None:
    job = await claimed_job(store)
    await store.advance(job, Stage.TRANSCRIBING)
    await store.note_progress(job, 0.3)
    assert await store.release(job)
    waiting = await stored(store, job)
    assert (waiting.status, waiting.attempts, waiting.history) == (JobStatus.PENDING, 0, ())
    assert waiting.progress == 0.3
    assert (await claim(store, job, "boot-2")).attempts == 1


async def test_a_sweep_takes_what_other_runs_held_and_leaves_its_own(
    store: JobStore, clock: SteppedClock
) -> None:
    lost = await claimed_job(store, boot_id="dead")
    await store.advance(lost, Stage.TRANSCRIBING)
    await store.note_progress(lost, 0.7)
    mine = await claimed_job(store, boot_id="alive")
    done = await claimed_job(store, boot_id="dead")
    await store.succeed(done, output_path=None)
    kept = [await stored(store, mine), await stored(store, done)]
    clock.step(60)
    assert await store.sweep("alive") == Swept(pending=(lost.job_id,))
    swept = await stored(store, lost)
    assert (swept.status, swept.attempts, swept.progress) == (JobStatus.PENDING, 1, 0.7)
    assert swept.history[0].error_code == "interrupted"
    assert swept.history[0].ended_at == clock.now
    assert [await stored(store, mine), await stored(store, done)] == kept


async def test_a_second_sweep_finds_nothing(store: JobStore) -> None:
    lost = await claimed_job(store, boot_id="dead")
    await store.sweep("alive")
    once = await stored(store, lost)
    assert await store.sweep("alive") == Swept()
    assert await stored(store, lost) == once


async def test_a_swept_job_goes_on_as_the_next_attempt(store: JobStore) -> None:
    lost = await claimed_job(store, boot_id="dead")
    await store.sweep("alive")
    again = await claim(store, lost, "alive")
    assert [attempt.number for attempt in again.history] == [1, 2]


async def test_a_job_that_dies_with_the_service_alone_too_is_a_dead_letter(
    store: JobStore, clock: SteppedClock
) -> None:
    job = await add_job(store)
    for number in range(SUSPECT_DEATHS):
        assert not (await stored(store, job)).suspect
        await claim(store, job, f"dead-{number}")
        assert await store.sweep("alive") == Swept(pending=(job.job_id,))
    assert (await stored(store, job)).suspect
    await claim(store, job, "dead")
    clock.step(1)
    assert await store.sweep("alive") == Swept(dead=(job.job_id,))
    dead = await stored(store, job)
    assert (dead.status, dead.dead_letter, dead.finished_at) == (JobStatus.FAILED, True, clock.now)
    assert (dead.error_code, dead.deaths, len(dead.history)) == ("interrupted", 3, 3)
    assert await store.dead_letters() == 1


async def test_a_finished_window_clears_a_job_of_suspicion(stores: Stores) -> None:
    job = await add_job(stores.jobs)
    for number in range(SUSPECT_DEATHS):
        await claim(stores.jobs, job, f"dead-{number}")
        await stores.jobs.sweep("alive")
    window = AudioWindow(number=0, path=Path("sound"), first_sample=0, samples=16_000)
    heard = WindowTranscript(number=0, segments=(), language="en")
    await stores.windows.record(job.job_id, "hash", window, heard)
    assert (await stored(stores.jobs, job)).deaths == 0


# budgets and dead letters


async def test_failures_are_counted_by_what_they_are_paid_from(store: JobStore) -> None:
    job = await claimed_job(store)
    for error in (EngineError("it failed"), EngineCrashed("it died"), EngineError("again")):
        assert await store.retry(job, error)
        job = await claim(store, job)
    assert (job.errors, job.crashes, job.attempts) == (2, 1, 4)


async def test_an_attempt_tells_what_it_died_of(store: JobStore) -> None:
    job = await claimed_job(store)
    crash = EngineHung("no result", exit_status=-9, last_lines="loading\nlistening")
    assert await store.fail(job, crash, dead_letter=True)
    [attempt] = (await stored(store, job)).history
    assert (attempt.error_class, attempt.exit_status) == ("EngineHung", -9)
    assert attempt.last_lines == "loading\nlistening"


async def test_an_attempt_tells_the_class_that_an_error_stands_for(store: JobStore) -> None:
    job = await claimed_job(store)
    failure = SpoolError("KeyError: 'x'")
    failure.error_class = "KeyError"
    assert await store.retry(job, failure)
    [attempt] = (await stored(store, job)).history
    assert (attempt.error_class, attempt.error_code) == ("KeyError", "internal")


async def test_dead_letters_are_listed_and_counted_apart(store: JobStore) -> None:
    plain, dead = await claimed_job(store), await claimed_job(store)
    await store.fail(plain, MediaUnreadable("no"))
    await store.fail(dead, EngineError("no"), dead_letter=True)
    assert [job.job_id for job in (await store.list(dead_letter=True)).jobs] == [dead.job_id]
    assert [job.job_id for job in (await store.list(dead_letter=False)).jobs] == [plain.job_id]
    assert len((await store.list(status=JobStatus.FAILED)).jobs) == 2
    assert await store.dead_letters() == 1


async def test_a_reopened_job_has_fresh_budgets_and_its_history(store: JobStore) -> None:
    job = await claimed_job(store)
    await store.retry(job, EngineCrashed("it died"))
    job = await claim(store, job)
    await store.warn(job, JobWarning(code="media.truncated", message="cut short"))
    await store.warn(job, JobWarning(code="index.failed", message="disk"))
    await store.fail(job, EngineError("no"), dead_letter=True)
    assert await store.reopen(await stored(store, job))
    again = await stored(store, job)
    assert (again.status, again.dead_letter, again.finished_at) == (JobStatus.PENDING, False, None)
    assert (again.errors, again.crashes, again.error_code) == (0, 0, None)
    assert [warning.code for warning in again.warnings] == ["media.truncated"]
    assert (again.attempts, len(again.history)) == (2, 2)
    assert (await claim(store, again)).attempts == 3


async def test_a_job_is_reopened_once_by_all_who_saw_it_end(store: JobStore) -> None:
    job = await claimed_job(store)
    await store.fail(job, EngineError("no"))
    seen = await stored(store, job)
    assert [await store.reopen(seen) for _ in range(2)] == [True, False]


@pytest.mark.parametrize("running", [False, True])
async def test_a_cancelled_job_is_nobodys(
    store: JobStore, clock: SteppedClock, running: bool
) -> None:
    job = await claimed_job(store) if running else await add_job(store)
    assert await store.cancel(job.job_id)
    cancelled = await stored(store, job)
    assert (cancelled.status, cancelled.error_code) == (JobStatus.CANCELLED, "cancelled")
    assert (cancelled.finished_at, cancelled.boot_id) == (clock.now, None)
    assert all(attempt.error_code == "cancelled" for attempt in cancelled.history)
    assert not await store.cancel(job.job_id)
    assert await store.claim(job.job_id, BOOT) is None


async def test_what_ended_long_ago_is_expired_oldest_first_and_can_be_deleted_as_such(
    stores: Stores, clock: SteppedClock
) -> None:
    old, older = await claimed_job(stores.jobs), await claimed_job(stores.jobs)
    dead, fresh = await claimed_job(stores.jobs), await claimed_job(stores.jobs)
    await add_job(stores.jobs)
    await stores.jobs.fail(dead, ERROR, dead_letter=True)
    for job in (older, old):
        clock.step(1)
        assert await stores.jobs.succeed(job, output_path=None)
    before = clock.step(1)
    assert await stores.jobs.succeed(fresh, output_path=None)
    over = Expiry(ending=Ending.COMPLETED, before=before)
    expired = [job.job_id for job in await stores.jobs.expired(over, 10)]
    assert expired == [older.job_id, old.job_id]
    assert len(await stores.jobs.expired(over, 1)) == 1
    for job in (dead, fresh):
        assert not await stores.jobs.delete(job.job_id, expiry=over)
        assert await stores.jobs.get(job.job_id)
    assert await stores.jobs.delete(old.job_id, expiry=over)
    assert await stores.jobs.get(old.job_id) is None


async def test_a_job_that_runs_is_not_deleted(stores: Stores) -> None:
    job = await claimed_job(stores.jobs)
    assert not await stores.jobs.delete(job.job_id)
    await stores.jobs.cancel(job.job_id)
    assert await stores.jobs.delete(job.job_id)
    assert await stores.jobs.get(job.job_id) is None
    assert not await stores.jobs.delete(job.job_id)


async def test_ids_with_a_row_are_known(store: JobStore) -> None:
    jobs = [await add_job(store) for _ in range(3)]
    ids = [job.job_id for job in jobs]
    assert await store.known([*ids, new_id(), "no id"]) == set(ids)
    assert await store.known([]) == set()


async def test_warnings_of_late_stages_are_taken_back_when_made_good(store: JobStore) -> None:
    job = await claimed_job(store)
    await store.warn(job, JobWarning(code="index.failed", message="disk"))
    await store.make_good(job.job_id)
    assert len((await stored(store, job)).warnings) == 1, "it still runs: it will tell itself"
    await store.warn(job, JobWarning(code="media.truncated", message="cut short"))
    await store.succeed(job, output_path=None)
    await store.make_good(job.job_id)
    assert [warning.code for warning in (await stored(store, job)).warnings] == ["media.truncated"]


# one request, one job


async def test_the_same_request_under_the_same_key_is_the_same_job(store: JobStore) -> None:
    key = IdempotencyKey(key="mine", digest="a" * 64)
    first, again = await add_job(store, key=key), await add_job(store, key=key)
    assert again == first
    assert len((await store.list()).jobs) == 1


async def test_fifty_requests_at_once_under_one_key_make_one_job(store: JobStore) -> None:
    key = IdempotencyKey(key="mine", digest="a" * 64)
    jobs = await asyncio.gather(*(add_job(store, key=key) for _ in range(50)))
    assert len({job.job_id for job in jobs}) == 1
    assert len((await store.list()).jobs) == 1


async def test_another_request_under_the_same_key_is_refused(store: JobStore) -> None:
    await add_job(store, key=IdempotencyKey(key="mine", digest="a" * 64))
    with pytest.raises(InvalidRequest, match="Idempotency-Key") as caught:
        await add_job(store, key=IdempotencyKey(key="mine", digest="b" * 64))
    assert caught.value.code == "request.key_reused"
    assert len((await store.list()).jobs) == 1


async def test_a_key_is_free_again_after_a_day_or_when_its_job_is_gone(
    store: JobStore, clock: SteppedClock
) -> None:
    old = await add_job(store, key=IdempotencyKey(key="old", digest="a" * 64))
    clock.step(24 * 3600 + 1)
    gone = await add_job(store, key=IdempotencyKey(key="gone", digest="a" * 64))
    await store.delete(gone.job_id)
    fresh = [
        await add_job(store, key=IdempotencyKey(key=key, digest="b" * 64))
        for key in ("old", "gone")
    ]
    assert not {job.job_id for job in fresh} & {old.job_id, gone.job_id}


# fencing


Verb = Callable[[JobStore, Job], Awaitable[bool]]
FENCED: dict[str, Verb] = {
    "advance": lambda store, job: store.advance(job, Stage.EMBEDDING),
    "note_progress": lambda store, job: store.note_progress(job, 0.9),
    "note_duration": lambda store, job: store.note_duration(job, 99.0),
    "warn": lambda store, job: store.warn(job, JobWarning(code="c", message="m")),
    "succeed": lambda store, job: store.succeed(job, output_path="results/stale.json"),
    "fail": lambda store, job: store.fail(job, ERROR),
    "retry": lambda store, job: store.retry(job, ERROR),
    "release": lambda store, job: store.release(job),
}


def _changes(store: JobStore, job: Job) -> list[Callable[[], Awaitable[bool]]]:
    """Every verb that leaves the job running, then one that ends it."""
    names = ["advance", "note_progress", "note_duration", "warn", "succeed"]
    return [lambda verb=FENCED[name]: verb(store, job) for name in names]  # type: ignore[misc]


@pytest.mark.parametrize("verb", sorted(FENCED))
async def test_a_stale_attempt_changes_nothing(
    store: JobStore, clock: SteppedClock, verb: str
) -> None:
    stale = await claimed_job(store)
    await store.retry(stale, ERROR)
    before = await claim(store, stale)
    clock.step(1)
    assert await FENCED[verb](store, stale) is False
    assert await stored(store, stale) == before


@pytest.mark.parametrize("verb", sorted(FENCED))
async def test_a_dead_run_changes_nothing(store: JobStore, clock: SteppedClock, verb: str) -> None:
    """The attempt's number alone would not tell: a release gave it back."""
    stale = await claimed_job(store, boot_id="dead")
    await store.release(stale)
    before = await claim(store, stale, "alive")
    assert before.attempts == stale.attempts
    clock.step(1)
    assert await FENCED[verb](store, stale) is False
    assert await stored(store, stale) == before


@pytest.mark.parametrize("verb", sorted(FENCED))
@pytest.mark.parametrize("ending", ["succeed", "fail", "retry", "release"])
async def test_what_has_ended_stays_ended(
    store: JobStore, clock: SteppedClock, ending: str, verb: str
) -> None:
    job = await claimed_job(store)
    assert await FENCED[ending](store, job)
    before = await stored(store, job)
    clock.step(1)
    assert await FENCED[verb](store, job) is False
    assert await stored(store, job) == before


@pytest.mark.parametrize("verb", sorted(FENCED))
async def test_a_job_that_was_never_claimed_cannot_be_changed(store: JobStore, verb: str) -> None:
    job = await add_job(store)
    assert await FENCED[verb](store, job) is False
    assert await FENCED[verb](store, replace(job, attempts=1, boot_id=BOOT)) is False
    assert await FENCED[verb](store, replace(job, job_id=new_id())) is False
    assert await stored(store, job) == job


async def test_of_many_endings_at_once_one_counts(store: JobStore) -> None:
    job = await claimed_job(store)
    endings = [FENCED[name] for name in ("succeed", "fail", "retry", "release")] * 5
    told = await asyncio.gather(*(ending(store, job) for ending in endings))
    assert sum(told) == 1


async def test_a_cancelled_change_is_made_whole_or_not_at_all(store: JobStore) -> None:
    job = await claimed_job(store)
    tasks = [asyncio.ensure_future(store.note_progress(job, step / 20)) for step in range(1, 20)]
    await asyncio.sleep(0)
    for task in tasks[::2]:
        task.cancel()
    told = await asyncio.gather(*tasks, return_exceptions=True)
    assert all(isinstance(each, asyncio.CancelledError) for each in told[::2])
    assert all(each is True for each in told[1::2])
    assert await store.succeed(job, output_path=None)


async def test_every_error_that_the_domain_knows_can_end_a_job(store: JobStore) -> None:
    kinds = [SpoolError]
    for kind in kinds:
        kinds.extend(sub for sub in kind.__subclasses__() if sub.__module__ == kind.__module__)
        job = await claimed_job(store)
        assert await store.fail(job, kind("why"))
        assert (await stored(store, job)).error_code == kind.code


@pytest.mark.parametrize("ending", Ending)
async def test_each_ending_has_a_time_of_its_own_and_what_runs_or_waits_has_none(
    stores: Stores, clock: SteppedClock, ending: Ending
) -> None:
    jobs = stores.jobs
    done, failed, cancelled, dead = [await claimed_job(jobs) for _ in range(4)]
    others = [await claimed_job(jobs), await add_job(jobs)]
    assert await jobs.succeed(done, output_path=None) and await jobs.fail(failed, ERROR)
    assert await jobs.cancel(cancelled.job_id)
    assert await jobs.fail(dead, ERROR, dead_letter=True)
    over = Expiry(ending=ending, before=clock.step(1))
    every = dict(zip(Ending, (done, failed, cancelled, dead), strict=True))
    expected = every.pop(ending)
    assert [job.job_id for job in await jobs.expired(over, 10)] == [expected.job_id]
    for job in (*every.values(), *others):
        assert not await jobs.delete(job.job_id, expiry=over)
    assert await jobs.delete(expected.job_id, expiry=over)
