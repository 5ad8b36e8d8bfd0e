"""However a worker ends, it costs the task that it had in hand, and nothing else."""

import asyncio
import errno
import multiprocessing
import multiprocessing.spawn
import multiprocessing.util
import os
import random
import resource
import select
import signal
import sys
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import ExitStack, contextmanager
from multiprocessing.connection import Connection
from pathlib import Path
from uuid import uuid4

import pytest

from app.adapters.process_pool import ProcessPool
from app.domain.errors import (
    Budget,
    EngineCrashed,
    EngineError,
    EngineHung,
    EngineOutOfMemory,
    Exhausted,
)
from tests.pipes import told

MiB = 1024 * 1024
BIG = 10_000_000  # bytes
LIMIT = 512 * MiB
CGROUP = Path("/sys/fs/cgroup/memory")
linux = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="Linux only")


@pytest.fixture
async def pool(tmp_path: Path) -> AsyncIterator[ProcessPool]:
    made = ProcessPool(1, logs=tmp_path / "logs")
    yield made
    await made.aclose()


@contextmanager
def watched(pid: int) -> Iterator[Callable[[], bool]]:
    """`ended()` of a process that is alive now: waits, and tells whether it has ended."""
    descriptor = os.pidfd_open(pid)
    poll = select.poll()
    poll.register(descriptor, select.POLLIN)
    try:
        yield lambda: bool(poll.poll(20_000))
    finally:
        os.close(descriptor)


def children() -> set[int]:
    """Processes that this one has started and that are alive."""
    return {child.pid for child in multiprocessing.active_children() if child.pid}


# What runs in the workers.


def die_of(number: int) -> None:
    os.kill(os.getpid(), number)


def hold(fifo: str) -> None:
    with open(fifo, "w") as pipe:
        pipe.write(f"{os.getpid()}\n")
    threading.Event().wait()


def stand_still(fifo: str) -> None:
    """As a process does that is stopped, or stuck in the kernel: no signal but one is heard."""
    with open(fifo, "w") as pipe:
        pipe.write(f"{os.getpid()}\n")
    os.kill(os.getpid(), signal.SIGSTOP)


def run_short() -> None:
    raise MemoryError("no room for the tensor")


def run_short_in_disguise() -> None:
    try:
        run_short()
    except MemoryError as error:
        raise EngineError("the engine failed") from error


def allocate(size: int) -> int:
    return len(bytearray(size))


def abort_saying(words: str) -> None:
    os.write(2, f"{words}\n".encode())
    os.abort()


def say(words: str) -> None:
    os.write(2, f"{words}\n".encode())


def flood_and_abort() -> None:
    flood_until_emptied()
    abort_saying("the last of it")


def babble_and_abort() -> None:
    for number in range(100):
        print(f"\x1b[31mline\x00 {number}\x1b[0m\r")
    os.abort()


def die_in_mid_result(part: float) -> bytes:
    """The result's message breaks off after this part of it."""
    send = Connection._send  # type: ignore[attr-defined]

    def cut_short(self: Connection, data: memoryview) -> None:
        if len(data) < BIG // 2:
            send(self, data)
        else:
            send(self, data[: int(part * len(data))])
            os.kill(os.getpid(), signal.SIGKILL)

    Connection._send = cut_short  # type: ignore[attr-defined]
    return bytes(BIG)


def flood_until_emptied() -> int:
    """Writes until its own output has been made shorter."""
    longest = 0
    while os.fstat(2).st_size >= longest:
        longest = os.fstat(2).st_size
        if longest < 4 * MiB:
            os.write(2, b"x" * 1023 + b"\n")
    return longest


class Picky(Exception):
    """Can be sent, but not be put together again."""

    def __init__(self, one: str, two: str) -> None:
        super().__init__(one)


class Deadly:
    """Ends whoever puts it together again."""

    def __reduce__(self) -> tuple[Callable[[int], None], tuple[int]]:
        return os._exit, (7,)


def be_picky() -> None:
    raise Picky("one", "two")


def leave() -> None:
    sys.exit("as a library should not")


def score() -> int:
    return int(Path("/proc/self/oom_score_adj").read_text())


# Deaths.


@pytest.mark.parametrize("name", ["SIGSEGV", "SIGABRT", "SIGKILL", "SIGBUS", "SIGFPE"])
async def test_a_signal_costs_one_task_and_is_named(pool: ProcessPool, name: str) -> None:
    before = await pool.run(os.getpid)
    with pytest.raises(EngineCrashed, match=name) as caught:
        await pool.run(die_of, signal.Signals[name])
    assert type(caught.value) is EngineCrashed
    assert caught.value.exit_status == -signal.Signals[name]
    assert await pool.run(os.getpid) != before


async def test_an_exit_costs_one_task_and_its_status_is_named(pool: ProcessPool) -> None:
    with pytest.raises(EngineCrashed, match="exit status 3") as caught:
        await pool.run(os._exit, 3)
    assert caught.value.exit_status == 3
    assert await pool.run(abs, -1) == 1


async def test_a_worker_that_died_idle_costs_no_task(pool: ProcessPool) -> None:
    for _ in range(3):
        pid = await pool.run(os.getpid)
        with watched(pid) as ended:
            os.kill(pid, signal.SIGKILL)
            assert ended()
        assert await pool.run(os.getpid) != pid


async def test_an_idle_death_that_the_executor_notices_first_costs_no_task(
    pool: ProcessPool,
) -> None:
    pid = await pool.run(os.getpid)
    [executor] = [thread for thread in threading.enumerate() if "Executor" in type(thread).__name__]
    os.kill(pid, signal.SIGKILL)
    await asyncio.to_thread(executor.join, 20)
    assert await pool.run(os.getpid) != pid


async def test_a_worker_that_is_dying_when_the_task_comes_costs_no_task(pool: ProcessPool) -> None:
    for _ in range(5):
        pid = await pool.run(os.getpid)
        os.kill(pid, signal.SIGKILL)  # it may take a moment to be dead
        assert await pool.run(os.getpid) != pid


async def test_a_task_that_kills_every_worker_that_unpacks_it_is_given_up(
    pool: ProcessPool,
) -> None:
    with pytest.raises(EngineCrashed, match="exit status 7"):
        await pool.run(print, Deadly())
    assert await pool.run(abs, -1) == 1


async def test_deaths_in_mid_result_never_hold_up_the_pool(pool: ProcessPool) -> None:
    parts = random.Random(18)
    for _ in range(12):
        with pytest.raises(EngineCrashed, match="SIGKILL"):
            await pool.run(die_in_mid_result, parts.random())
    assert len(await pool.run(bytes, BIG)) == BIG


async def test_deaths_in_one_slot_leave_the_others_at_work() -> None:
    pool = ProcessPool(2)
    try:
        good = [asyncio.create_task(pool.run(abs, -number)) for number in range(30)]
        bad = [
            asyncio.create_task(pool.run(die_of, number))
            for number in (signal.SIGSEGV, signal.SIGABRT, signal.SIGKILL) * 2
        ]
        assert await asyncio.gather(*good) == list(range(30))
        for error in await asyncio.gather(*bad, return_exceptions=True):
            assert isinstance(error, EngineCrashed)
    finally:
        await pool.aclose()


# Hangs.


@linux
@pytest.mark.parametrize("stuck", [hold, stand_still])
async def test_a_task_past_its_time_is_killed_and_the_next_one_runs(
    pool: ProcessPool, tmp_path: Path, stuck: Callable[[str], None]
) -> None:
    fifo = str(tmp_path / "fifo")
    os.mkfifo(fifo)
    await pool.run(abs, -1)  # its worker is there, so the time is the task's alone
    task = asyncio.create_task(pool.run_within(2, stuck, fifo))
    pid = int(await told(fifo))
    with watched(pid) as ended:
        with pytest.raises(EngineHung, match="no result within 2 s"):
            await task
        assert ended()
    assert await pool.run(os.getpid) != pid


async def test_time_in_line_does_not_count(pool: ProcessPool, tmp_path: Path) -> None:
    fifo = str(tmp_path / "fifo")
    os.mkfifo(fifo)
    await pool.run(abs, -1)
    stuck = asyncio.create_task(pool.run_within(3, hold, fifo))
    await told(fifo)
    assert await pool.run_within(2, abs, -1) == 1
    with pytest.raises(EngineHung):
        await stuck


async def test_a_task_within_its_time_answers(pool: ProcessPool) -> None:
    assert await pool.run_within(60, abs, -1) == 1
    with pytest.raises(EngineError, match="refused"):
        await pool.run_within(60, _refuse)


def _refuse() -> None:
    raise EngineError("refused")


# Memory.


@pytest.mark.parametrize("short", [run_short, run_short_in_disguise])
async def test_a_task_short_of_memory_is_told_as_such_and_its_worker_replaced(
    pool: ProcessPool, short: Callable[[], None]
) -> None:
    before = await pool.run(os.getpid)
    with pytest.raises(EngineOutOfMemory, match="ran out of memory"):
        await pool.run(short)
    assert await pool.run(os.getpid) != before


@linux
async def test_a_worker_gets_no_more_memory_than_its_limit() -> None:
    pool = ProcessPool(1, memory_limit=LIMIT)
    try:
        assert await pool.run(allocate, LIMIT // 4) == LIMIT // 4
        with pytest.raises(EngineOutOfMemory):
            await pool.run(allocate, LIMIT)
        assert await pool.run(allocate, LIMIT // 4) == LIMIT // 4
    finally:
        await pool.aclose()


async def test_native_code_that_aborts_for_want_of_memory_is_told_by_its_last_words(
    pool: ProcessPool,
) -> None:
    words = "terminate called after throwing an instance of 'std::bad_alloc'"
    with pytest.raises(EngineOutOfMemory, match="SIGABRT") as caught:
        await pool.run(abort_saying, words)
    assert caught.value.exit_status == -signal.SIGABRT
    assert words in str(caught.value.last_lines)


@linux
async def test_the_kernel_takes_workers_before_the_service(pool: ProcessPool) -> None:
    assert await pool.run(score) == min(1000, score() + 500)


@pytest.fixture
def small_group() -> Iterator[Path]:
    """A control group with little memory, where the system lets us make one."""
    group = CGROUP / f"spool-test-{uuid4().hex[:8]}"
    try:
        group.mkdir()
        (group / "memory.limit_in_bytes").write_text(str(128 * MiB))
    except OSError:
        pytest.skip("control groups of memory cannot be made here")
    yield group
    group.rmdir()


async def test_a_worker_that_the_kernel_kills_for_its_memory_is_told_as_such(
    small_group: Path, pool: ProcessPool
) -> None:
    pid = await pool.run(os.getpid)
    (small_group / "cgroup.procs").write_text(str(pid))
    with pytest.raises(EngineOutOfMemory, match="SIGKILL") as caught:
        await pool.run(allocate, 256 * MiB)
    assert caught.value.exit_status == -signal.SIGKILL
    assert await pool.run(allocate, 256 * MiB) == 256 * MiB


# Last lines.


async def test_a_crash_keeps_the_last_lines(pool: ProcessPool) -> None:
    with pytest.raises(EngineCrashed) as caught:
        await pool.run(babble_and_abort)
    text = str(caught.value.last_lines)
    assert "line 99" in text
    assert "Fatal Python error: Aborted" in text
    assert "in babble_and_abort" in text
    assert len(text.splitlines()) <= 20
    assert len(text) <= 2000
    assert all(letter.isprintable() for line in text.splitlines() for letter in line)


async def test_last_lines_are_those_of_the_worker_that_died(pool: ProcessPool) -> None:
    with pytest.raises(EngineCrashed):
        await pool.run(abort_saying, "the first one's")
    with pytest.raises(EngineCrashed) as caught:
        await pool.run(abort_saying, "the second one's")
    assert "the second one's" in str(caught.value.last_lines)
    assert "the first one's" not in str(caught.value.last_lines)


async def test_last_lines_are_those_of_the_task_that_died(pool: ProcessPool) -> None:
    pid = await pool.run(os.getpid)
    await pool.run(say, "std::bad_alloc, and caught")
    with pytest.raises(EngineCrashed) as caught:
        await pool.run(abort_saying, "its own")
    assert type(caught.value) is EngineCrashed
    assert "its own" in str(caught.value.last_lines)
    assert "bad_alloc" not in str(caught.value.last_lines)
    assert await pool.run(os.getpid) != pid
    with pytest.raises(EngineCrashed) as again:  # the next process has a file of its own
        await pool.run(abort_saying, "the next one's")
    assert "the next one's" in str(again.value.last_lines)


async def test_last_lines_are_found_after_the_output_was_cut(pool: ProcessPool) -> None:
    await pool.run(say, "x" * MiB)
    with pytest.raises(EngineCrashed) as caught:
        await pool.run(flood_and_abort)
    assert "the last of it" in str(caught.value.last_lines)


async def test_a_worker_that_nobody_can_wait_for_is_a_crash_all_the_same(
    pool: ProcessPool, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def refuse(*_: object) -> None:
        raise RuntimeError("can't start new thread")

    await pool.run(abs, -1)
    with monkeypatch.context() as patch:
        patch.setattr(asyncio, "to_thread", refuse)
        with pytest.raises(EngineCrashed) as caught:
            await pool.run(die_of, signal.SIGKILL)
    assert caught.value.exit_status is None
    assert await pool.run(abs, -1) == 1


async def test_a_worker_that_prints_without_end_does_not_fill_the_disk(pool: ProcessPool) -> None:
    assert await pool.run_within(60, flood_until_emptied) > MiB


async def test_workers_work_where_their_output_cannot_be_kept(tmp_path: Path) -> None:
    (tmp_path / "logs").write_text("in the way")
    pool = ProcessPool(1, logs=tmp_path / "logs")
    try:
        assert await pool.run(abs, -1) == 1
        with pytest.raises(EngineCrashed) as caught:
            await pool.run(die_of, signal.SIGKILL)
        assert caught.value.last_lines is None
    finally:
        await pool.aclose()


# What a task raises.


async def test_a_task_that_exits_does_not_end_the_service(pool: ProcessPool) -> None:
    with pytest.raises(EngineError, match="SystemExit: as a library should not"):
        await pool.run(leave)


async def test_an_exception_that_cannot_travel_is_told_in_words(pool: ProcessPool) -> None:
    pid = await pool.run(os.getpid)
    with pytest.raises(EngineError, match="Picky: one"):
        await pool.run(be_picky)
    with pytest.raises(EngineError, match="StopIteration"):
        await pool.run(next, iter(()))
    assert await pool.run(os.getpid) == pid


# Coming and going.


async def test_a_worker_is_replaced_after_so_many_tasks() -> None:
    pool = ProcessPool(1, recycle_after=2)
    try:
        first, second, third, fourth, fifth = [await pool.run(os.getpid) for _ in range(5)]
        assert first == second
        assert third == fourth
        assert len({first, third, fifth}) == 3
    finally:
        await pool.aclose()


async def test_a_task_that_fails_counts_towards_replacement_as_well() -> None:
    pool = ProcessPool(1, recycle_after=2)
    try:
        first = await pool.run(os.getpid)
        with pytest.raises(EngineError):
            await pool.run(_refuse)
        assert await pool.run(os.getpid) != first
    finally:
        await pool.aclose()


@linux
async def test_without_descriptors_for_a_worker_the_task_can_be_tried_again(
    pool: ProcessPool,
) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (3, hard))
    try:
        with pytest.raises(Exhausted, match="Too many open files") as caught:
            await pool.run(abs, -1)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    assert caught.value.retryable
    assert caught.value.budget is Budget.FREE
    assert await pool.run(abs, -1) == 1


@pytest.mark.parametrize("number", [errno.EAGAIN, errno.ENOMEM])
async def test_without_room_for_a_process_the_task_can_be_tried_again(
    pool: ProcessPool, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    def fork(*_: object) -> int:
        raise OSError(number, os.strerror(number))

    with monkeypatch.context() as patch:
        patch.setattr(multiprocessing.util, "spawnv_passfds", fork)
        with pytest.raises(Exhausted, match=os.strerror(number)) as caught:
            await pool.run(abs, -1)
    assert caught.value.budget is Budget.FREE
    assert await pool.run(abs, -1) == 1


async def test_without_room_for_a_thread_the_process_is_not_left_behind(
    pool: ProcessPool, monkeypatch: pytest.MonkeyPatch
) -> None:
    spawn, pids = multiprocessing.util.spawnv_passfds, list[int]()

    def remember(path: bytes, arguments: list[bytes], descriptors: list[int]) -> int:
        pids.append(spawn(path, arguments, descriptors))
        return pids[-1]

    def start(_: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    with monkeypatch.context() as patch:
        patch.setattr(multiprocessing.util, "spawnv_passfds", remember)
        patch.setattr(threading.Thread, "start", start)
        with pytest.raises(Exhausted, match="can't start new thread"):
            await pool.run(abs, -1)
    left = [child for child in multiprocessing.active_children() if child.pid in pids]
    for child in left:
        child.join(20)
        assert child.exitcode == -signal.SIGKILL
    assert await pool.run(abs, -1) == 1


@linux
async def test_a_task_cancelled_while_its_worker_starts_leaves_no_process(
    pool: ProcessPool,
) -> None:
    before = children()
    task = asyncio.create_task(pool.run(abs, -1))
    await asyncio.sleep(0)
    [pid] = children() - before
    with watched(pid) as ended:
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert ended()
    assert await pool.run(abs, -1) == 1


@linux
async def test_a_worker_that_is_killed_while_it_starts_costs_no_task(pool: ProcessPool) -> None:
    before = children()
    task = asyncio.create_task(pool.run(os.getpid))
    await asyncio.sleep(0)
    [pid] = children() - before
    os.kill(pid, signal.SIGKILL)
    assert await task != pid


async def test_a_worker_that_never_starts_is_told_as_such(
    pool: ProcessPool, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(multiprocessing.spawn, "get_executable", lambda: b"/bin/false")
        with pytest.raises(EngineError, match=r"did not start: .* \(exit status 1\)") as caught:
            await pool.run(abs, -1)
    assert type(caught.value) is EngineError
    assert await pool.run(abs, -1) == 1


async def test_a_pool_that_closes_while_a_worker_starts_starts_no_other(
    pool: ProcessPool,
) -> None:
    before = children()
    task = asyncio.create_task(pool.run(abs, -1))
    await asyncio.sleep(0)
    await pool.aclose()
    with pytest.raises(EngineError, match="stopped"):
        await task
    assert children() <= before


async def test_who_waits_in_line_when_the_pool_closes_starts_no_worker(
    tmp_path: Path,
) -> None:
    pool, fifo, before = ProcessPool(1), str(tmp_path / "fifo"), children()
    os.mkfifo(fifo)
    begun = asyncio.create_task(pool.run(hold, fifo))
    await told(fifo)
    waiting = asyncio.create_task(pool.run(abs, -1))
    await asyncio.sleep(0)
    await pool.aclose()
    for task in (begun, waiting):
        with pytest.raises(EngineError):
            await task
    assert children() <= before


async def test_workers_are_started_by_the_thread_that_lives_as_long_as_the_service(
    pool: ProcessPool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The kernel ends a child with the thread that forked it, not with the process alone."""
    spawn, threads = multiprocessing.util.spawnv_passfds, set[int]()

    def remember(path: bytes, arguments: list[bytes], descriptors: list[int]) -> int:
        threads.add(threading.get_ident())
        return spawn(path, arguments, descriptors)

    monkeypatch.setattr(multiprocessing.util, "spawnv_passfds", remember)
    await pool.run(abs, -1)
    with pytest.raises(EngineCrashed):
        await pool.run(os._exit, 1)
    await pool.run(abs, -1)
    assert threads == {threading.get_ident()}


@linux
async def test_a_killed_service_leaves_no_child_at_all(tmp_path: Path) -> None:
    fifos = [str(tmp_path / f"fifo{number}") for number in range(2)]
    for fifo in fifos:
        os.mkfifo(fifo)
    script = tmp_path / "parent.py"
    script.write_text(
        "import asyncio, sys\n"
        "from app.adapters.process_pool import ProcessPool\n"
        "from tests.contracts.test_worker_faults import hold, stand_still\n"
        "async def main(one, two):\n"
        "    pool = ProcessPool(2)\n"
        "    await asyncio.gather(pool.run(hold, one), pool.run(stand_still, two))\n"
        "if __name__ == '__main__':\n"
        "    asyncio.run(main(*sys.argv[1:]))\n"
    )
    root = Path(__file__).parents[2]
    parent = await asyncio.create_subprocess_exec(
        *(sys.executable, str(script), *fifos), env=os.environ | {"PYTHONPATH": str(root)}
    )
    await asyncio.gather(*map(told, fifos))
    with ExitStack() as closing:
        ended = [closing.enter_context(watched(pid)) for pid in children_of(parent.pid)]
        assert len(ended) == 3, "two workers, and the tracker of their semaphores"
        parent.kill()
        await parent.wait()
        assert all([await asyncio.to_thread(each) for each in ended])


def children_of(pid: int) -> list[int]:
    """Of its main thread, which is where workers are started."""
    return [int(each) for each in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
