"""What is counted of an upload, whatever cuts it off; and what becomes of it."""

import asyncio
import hashlib
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from app.domain.errors import (
    Conflict,
    InvalidRequest,
    MediaEmpty,
    NotFound,
    StorageError,
    StorageFull,
)
from app.domain.jobs import JobOptions, upload_key
from app.domain.uploads import Checksum
from app.services import upload_arrival
from app.services.upload_sweep import AT_WORK
from tests.unit.landing import LIVES, Clock, Death, Landing, coming, opened

MiB = 1024 * 1024


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def landing(tmp_path: Path, clock: Clock) -> AsyncIterator[Landing]:
    async with opened(tmp_path, clock) as landing:
        yield landing


def sha1(content: bytes) -> Checksum:
    return Checksum(algorithm="sha1", digest=hashlib.sha1(content).digest())


# what is counted


async def test_what_came_before_the_line_broke_is_kept(landing: Landing) -> None:
    upload_id = await landing.begun(10)
    with pytest.raises(ConnectionError):
        await landing.send(upload_id, 0, b"abc", b"de", ConnectionError())
    assert (await landing.stored(upload_id)).received == 5
    assert landing.growing(upload_id) == b"abcde"


async def test_with_a_checksum_all_of_a_chunk_is_kept_or_nothing(landing: Landing) -> None:
    upload_id = await landing.begun(10)
    with pytest.raises(ConnectionError):
        await landing.send(upload_id, 0, b"abc", ConnectionError(), check=sha1(b"abcde"))
    with pytest.raises(InvalidRequest, match="Upload-Checksum"):
        await landing.send(upload_id, 0, b"abX", check=sha1(b"abcde"))
    assert (await landing.stored(upload_id)).received == 0
    assert landing.growing(upload_id) == b""
    assert (await landing.send(upload_id, 0, b"abc", b"de", check=sha1(b"abcde"))).received == 5


async def test_long_chunks_are_counted_on_their_way(
    landing: Landing, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(upload_arrival, "COMMIT_EVERY", 2 * MiB)
    upload_id = await landing.begun(10 * MiB)
    counted = []

    async def watched() -> AsyncIterator[bytes]:
        for _ in range(5):
            yield b"x" * MiB
            counted.append((await landing.stored(upload_id)).received // MiB)

    await landing.service.append(upload_id, 0, watched())
    assert counted == [0, 2, 2, 4, 4]
    assert (await landing.stored(upload_id)).received == 5 * MiB


async def test_what_was_written_and_not_counted_is_cut_off(landing: Landing) -> None:
    upload_id = await landing.begun(10)
    await landing.send(upload_id, 0, b"abc")
    with (landing.folder / "uploads" / upload_id).open("ab") as file:
        file.write(b"never acknowledged")
    await landing.send(upload_id, 3, b"de")
    assert landing.growing(upload_id) == b"abcde"


async def test_a_disk_that_refuses_costs_nothing_that_was_counted(
    landing: Landing, monkeypatch: pytest.MonkeyPatch
) -> None:
    upload_id = await landing.begun(10)
    await landing.send(upload_id, 0, b"abc")

    async def refused(*_: object) -> None:
        raise StorageError("the disk refuses")

    with monkeypatch.context() as patch:
        patch.setattr(landing.store, "note_received", refused)
        with pytest.raises(StorageError):
            await landing.send(upload_id, 3, b"de")
    assert (await landing.stored(upload_id)).received == 3
    assert (await landing.send(upload_id, 3, b"DE")).received == 5
    assert landing.growing(upload_id) == b"abcDE"


async def test_a_cancelled_request_has_its_bytes_counted(landing: Landing) -> None:
    upload_id = await landing.begun(10)
    waits = asyncio.Event()

    async def stalling() -> AsyncIterator[bytes]:
        yield b"abc"
        waits.set()
        await asyncio.Event().wait()

    request = asyncio.ensure_future(landing.service.append(upload_id, 0, stalling()))
    await waits.wait()
    request.cancel()
    with pytest.raises(asyncio.CancelledError):
        await request
    assert (await landing.stored(upload_id)).received == 3


async def test_memory_does_not_grow_with_the_upload(
    landing: Landing, monkeypatch: pytest.MonkeyPatch
) -> None:
    blocks = []
    kept = upload_arrival.Arrival._write

    async def watched(arrival: upload_arrival.Arrival) -> None:
        blocks.append(len(arrival._block))
        await kept(arrival)

    monkeypatch.setattr(upload_arrival.Arrival, "_write", watched)
    upload_id = await landing.begun(100 * MiB)
    await landing.send(upload_id, 0, *([b"x" * 65536] * 800))
    assert len(blocks) >= 50
    assert max(blocks) <= upload_arrival.BLOCK + 65536


# turns


async def test_who_does_not_leave_in_time_keeps_the_turn(landing: Landing) -> None:
    upload_id = await landing.begun(10)
    async with landing.turns.take(upload_id):
        with pytest.raises(Conflict) as refused:
            await landing.send(upload_id, 0, b"abc")
        with pytest.raises(Conflict):
            await landing.service.look(upload_id)
        with pytest.raises(Conflict):
            await landing.service.remove(upload_id)
    assert refused.value.code == "upload.locked"
    assert (await landing.send(upload_id, 0, b"abc")).received == 3


async def test_a_time_out_of_the_bytes_themselves_is_no_lost_turn(landing: Landing) -> None:
    upload_id = await landing.begun(10)
    with pytest.raises(TimeoutError):
        await landing.send(upload_id, 0, b"abc", TimeoutError())
    assert (await landing.stored(upload_id)).received == 3


# several instances

CONTENT = b"abcdefghij"


async def stalled(
    landing: Landing, upload_id: str, end: asyncio.Event, check: Checksum | None = None
) -> "asyncio.Task[object]":
    """A request to an instance that has taken in half of `CONTENT` and waits for more."""
    waits = asyncio.Event()

    async def stalling() -> AsyncIterator[bytes]:
        yield CONTENT[:5]
        waits.set()
        await end.wait()

    coming_in = landing.elsewhere.append(upload_id, 0, stalling(), checksum=check)
    request = asyncio.create_task(coming_in)
    await waits.wait()
    landing.clock.step(1)
    return request


async def test_an_upload_that_another_instance_goes_on_with_is_not_given_up(
    landing: Landing,
) -> None:
    """Who came second to count used to take the upload for gone, and to remove it."""
    upload_id, end = await landing.begun(10), asyncio.Event()
    request = await stalled(landing, upload_id, end)
    await landing.elsewhere.append(upload_id, 0, coming(CONTENT[:7]))
    end.set()
    with pytest.raises(Conflict) as refused:
        await request
    assert refused.value.code == "upload.locked"
    assert (await landing.stored(upload_id)).received == 7
    done = await landing.elsewhere.append(upload_id, 7, coming(CONTENT[7:]))
    assert done.finished_at is not None


async def test_what_comes_late_to_an_instance_is_not_counted_once_another_has_begun(
    landing: Landing,
) -> None:
    """The other one may have cut it off by then."""
    upload_id, end = await landing.begun(10), asyncio.Event()
    request = await stalled(landing, upload_id, end)
    await landing.elsewhere.append(upload_id, 0, coming())
    end.set()
    with pytest.raises(Conflict):
        await request
    assert (await landing.stored(upload_id)).received == 0


async def test_a_wrong_checksum_takes_no_bytes_from_another_instance(landing: Landing) -> None:
    upload_id, end = await landing.begun(10), asyncio.Event()
    request = await stalled(landing, upload_id, end, sha1(b"another"))
    await landing.elsewhere.append(upload_id, 0, coming(CONTENT[:7]))
    end.set()
    with pytest.raises(InvalidRequest, match="Upload-Checksum"):
        await request
    assert landing.growing(upload_id) == CONTENT[:7]


# the job


async def test_the_last_byte_makes_the_job_with_the_hash_of_the_whole(landing: Landing) -> None:
    upload_id = await landing.begun(10)
    await landing.send(upload_id, 0, b"abcde")
    done = await landing.send(upload_id, 5, b"fghij")
    assert done.finished_at is not None
    job = await landing.jobs.get(upload_id)
    assert job is not None
    assert job.sha256 == done.sha256 == hashlib.sha256(b"abcdefghij").hexdigest()
    assert job.input_path == upload_key(upload_id, "talk.wav")
    assert landing.kept() == [job.input_path]
    assert await landing.blobs.load_file(job.input_path) == b"abcdefghij"


@pytest.mark.parametrize("healed_by", ["look", "send", "run_once", "recover"])
@pytest.mark.parametrize("died_at", ["renamed", "submitted"])
async def test_a_death_at_the_last_step_is_healed(
    landing: Landing, monkeypatch: pytest.MonkeyPatch, died_at: str, healed_by: str
) -> None:
    upload_id = await landing.begun(5)
    with monkeypatch.context() as patch:
        if died_at == "renamed":
            patch.setattr(landing.desk, "trouble", Death())
        else:
            patch.setattr(landing.store, "finish", dies)
        with pytest.raises(Death):
            await landing.send(upload_id, 0, b"abcde")
    await {
        "look": lambda: landing.service.look(upload_id),
        "send": lambda: landing.send(upload_id, 5),
        "run_once": landing.sweep.run_once,
        "recover": landing.sweep.recover,
    }[healed_by]()
    assert (await landing.stored(upload_id)).finished_at is not None
    assert await landing.jobs.get(upload_id) is not None
    assert landing.kept() == [upload_key(upload_id, "talk.wav")]


async def dies(*_: object) -> None:
    raise Death


async def renamed(landing: Landing) -> str:
    """A whole one whose file has its final name already, and no job; returns its id."""
    upload_id = await landing.begun(5)
    landing.desk.trouble = Death()
    with pytest.raises(Death):
        await landing.send(upload_id, 0, b"abcde")
    landing.desk.trouble = None
    return upload_id


@pytest.mark.parametrize("refuses", ["the job", "the look for uploads"])
async def test_a_start_that_cannot_make_the_job_keeps_all_that_was_acknowledged(
    landing: Landing, monkeypatch: pytest.MonkeyPatch, refuses: str
) -> None:
    upload_id = await renamed(landing)
    with monkeypatch.context() as patch:
        if refuses == "the job":
            patch.setattr(landing.desk, "trouble", StorageFull("the disk is full"))
        else:
            patch.setattr(landing.store, "whole", locked)
        await landing.start()
    assert landing.kept() == [upload_key(upload_id, "talk.wav")]
    await landing.start()
    assert await landing.jobs.get(upload_id) is not None
    assert landing.kept() == [upload_key(upload_id, "talk.wav")]


async def locked() -> None:
    raise StorageError("the database is locked")


async def test_one_that_is_given_up_after_its_file_was_renamed_leaves_nothing(
    landing: Landing,
) -> None:
    upload_id = await renamed(landing)
    await landing.service.remove(upload_id)
    assert landing.kept() == []
    assert await landing.store.get(upload_id) is None


async def test_one_that_is_given_up_when_its_job_is_there_leaves_the_job_its_file(
    landing: Landing, monkeypatch: pytest.MonkeyPatch
) -> None:
    upload_id = await landing.begun(5)
    with monkeypatch.context() as patch:
        patch.setattr(landing.store, "finish", dies)
        with pytest.raises(Death):
            await landing.send(upload_id, 0, b"abcde")
    await landing.service.remove(upload_id)
    assert await landing.jobs.get(upload_id) is not None
    assert landing.kept() == [upload_key(upload_id, "talk.wav")]


async def test_a_whole_one_that_was_never_hashed_is_finished_by_the_sweep(
    landing: Landing, monkeypatch: pytest.MonkeyPatch
) -> None:
    upload_id = await whole_and_not_hashed(landing, monkeypatch)
    await landing.sweep.recover()
    assert (await landing.stored(upload_id)).finished_at is None, "the start does not read files"
    await landing.sweep.run_once()
    assert (await landing.stored(upload_id)).finished_at is not None


async def test_a_whole_one_without_its_bytes_is_forgotten(landing: Landing) -> None:
    upload_id = await landing.begun(5)
    landing.desk.trouble = StorageError("no")
    with pytest.raises(StorageError):
        await landing.send(upload_id, 0, b"abcde")
    landing.desk.trouble = None
    await landing.blobs.delete_file(upload_key(upload_id, "talk.wav"))
    with pytest.raises(NotFound):
        await landing.service.look(upload_id)
    assert await landing.store.get(upload_id) is None


async def whole_and_not_hashed(landing: Landing, monkeypatch: pytest.MonkeyPatch) -> str:
    """Its id."""
    upload_id = await landing.begun(10)
    with monkeypatch.context() as patch:
        patch.setattr(landing.files, "sha256", dies)
        with pytest.raises(Death):
            await landing.send(upload_id, 0, CONTENT)
    return upload_id


async def test_one_that_another_instance_made_a_job_of_meanwhile_is_not_forgotten(
    landing: Landing, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its bytes have moved by then, and it used to be taken for gone."""
    upload_id = await whole_and_not_hashed(landing, monkeypatch)
    as_read = await landing.stored(upload_id)
    done = await landing.elsewhere.look(upload_id)
    assert await landing.finish.run(as_read) == done
    assert await landing.stored(upload_id) == done


async def test_the_sweep_leaves_one_to_the_instance_that_puts_it_together(
    landing: Landing, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    upload_id = await whole_and_not_hashed(landing, monkeypatch)
    sweep = replace(landing.sweep, shared=True)
    await sweep.run_once()
    assert (await landing.stored(upload_id)).finished_at is None
    clock.step(AT_WORK.total_seconds())
    await sweep.run_once()
    assert (await landing.stored(upload_id)).finished_at is not None


async def test_one_whose_file_is_shorter_than_was_counted_becomes_no_job(
    landing: Landing, monkeypatch: pytest.MonkeyPatch
) -> None:
    upload_id = await whole_and_not_hashed(landing, monkeypatch)
    (landing.folder / "uploads" / upload_id).write_bytes(CONTENT[:9])
    with pytest.raises(NotFound):
        await landing.service.look(upload_id)
    assert await landing.jobs.get(upload_id) is None


async def test_an_upload_of_nothing_is_refused(landing: Landing) -> None:
    with pytest.raises(MediaEmpty):
        await landing.service.create(0, JobOptions(), filename="x", told=None)


# the sweep


async def test_the_sweep_takes_what_is_expired_and_leaves_what_lives(
    landing: Landing, clock: Clock
) -> None:
    old = await landing.begun(10)
    await landing.send(old, 0, b"abc")
    done = await landing.begun(1)
    await landing.send(done, 0, b"x")
    clock.step(LIVES - 1)
    young = await landing.begun(10)
    await landing.send(young, 0, b"abc")
    clock.step(1)
    with pytest.raises(NotFound) as gone:
        await landing.service.look(old)
    assert gone.value.code == "upload.expired"
    assert await landing.sweep.run_once() == 2
    assert await landing.store.get(old) is None
    assert await landing.store.get(done) is None
    assert landing.kept() == [upload_key(done, "talk.wav"), f"uploads/{young}"]
    assert await landing.sweep.run_once() == 0


async def test_a_start_takes_files_of_nobody(landing: Landing) -> None:
    living = await landing.begun(10)
    await landing.send(living, 0, b"abc")
    given_up = await landing.begun(10)
    await landing.send(given_up, 0, b"abc")
    await landing.store.delete(given_up)
    foreign = landing.folder / "uploads" / "notes.txt"
    foreign.write_text("not ours")
    await landing.start()
    assert landing.kept() == [f"uploads/{living}", "uploads/notes.txt"]


async def test_a_whole_one_becomes_a_job_even_when_its_time_is_over(
    landing: Landing, clock: Clock
) -> None:
    upload_id = await renamed(landing)
    clock.step(LIVES)
    landing.desk.trouble = StorageError("the disk is full")
    assert await landing.sweep.run_once() == 0
    assert landing.kept() == [upload_key(upload_id, "talk.wav")]
    landing.desk.trouble = None
    assert await landing.sweep.run_once() == 0
    assert await landing.jobs.get(upload_id) is not None


async def test_the_sweep_leaves_an_upload_that_somebody_works_on(
    landing: Landing, clock: Clock
) -> None:
    upload_id = await landing.begun(10)
    clock.step(LIVES)
    async with landing.turns.take(upload_id):
        assert await landing.sweep.run_once() == 0
    assert await landing.sweep.run_once() == 1


async def test_the_sweep_goes_round_for_ever_also_when_the_disk_refuses(
    landing: Landing, monkeypatch: pytest.MonkeyPatch
) -> None:
    rounds = 0

    async def pause(_: float) -> None:
        nonlocal rounds
        rounds += 1
        if rounds == 3:
            raise Death

    async def refused() -> None:
        raise StorageError("the disk refuses")

    monkeypatch.setattr(landing.store, "whole", refused)
    sweep = landing.sweep
    object.__setattr__(sweep, "sleep", pause)
    await sweep.recover()
    with pytest.raises(Death):
        await sweep.run()
    assert rounds == 3


async def test_an_empty_chunk_changes_nothing(landing: Landing) -> None:
    upload_id = await landing.begun(10)
    assert (await landing.send(upload_id, 0)).received == 0
    assert (await landing.service.append(upload_id, 0, coming(b""))).received == 0
