"""What any worker pool owes: isolation, order, and an end when asked."""

import asyncio
import multiprocessing
import os
import signal
import sys
import threading
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from multiprocessing.connection import wait
from pathlib import Path

import psutil
import pytest

from app.adapters.dask_pool import DaskPool
from app.adapters.process_pool import ProcessPool
from app.domain.errors import EngineCrashed, EngineError, EngineHung, EngineOutOfMemory
from app.ports import WorkerPool
from tests.cluster import DaskCluster
from tests.pipes import told

GONE_WITHIN = 20.0  # seconds
ENOUGH = 10.0  # seconds for a worker to find its task, on a busy machine too


POOLS = ("processes", "dask")
#: Makes one with so many slots, which is closed at the end.
MakePool = Callable[[int], Awaitable[WorkerPool]]


@pytest.fixture(params=POOLS)
def address(request: pytest.FixtureRequest) -> str | None:
    """Of the cluster's scheduler; None for processes."""
    if request.param == "processes":
        return None
    cluster: DaskCluster = request.getfixturevalue("dask_cluster")
    return cluster.address


@pytest.fixture
async def make_pool(address: str | None) -> AsyncIterator[MakePool]:
    made: list[WorkerPool] = []

    async def make(slots: int) -> WorkerPool:
        made.append(await _pool(address, slots))
        return made[-1]

    yield make
    for each in made:
        await each.aclose()


async def _pool(address: str | None, slots: int) -> WorkerPool:
    if address is None:
        return ProcessPool(slots)
    pool = DaskPool(address, slots=slots)
    await pool.reach()
    return pool


@pytest.fixture
async def pool(make_pool: MakePool) -> WorkerPool:
    return await make_pool(2)


async def ended(pid: int) -> bool:
    """Whether it is gone, or goes within some time; it may be nobody's child here."""
    with suppress(psutil.NoSuchProcess):
        process = psutil.Process(pid)
        try:
            await asyncio.to_thread(process.wait, GONE_WITHIN)
        except psutil.TimeoutExpired:
            return False
    return True


def hold(fifo: str) -> int:
    """Begins by saying its process id into the pipe, then never ends by itself."""
    with open(fifo, "w") as pipe:
        pipe.write(f"{os.getpid()}\n")
    threading.Event().wait()
    return 0


def refuse(message: str) -> None:
    raise EngineError(message, hint="as planned")


def starve() -> None:
    raise MemoryError("std::bad_alloc")


def environment(name: str) -> str | None:
    return os.environ.get(name)


def shout() -> None:
    os.write(1, b"noise of a native library")


@pytest.fixture
def fifo(tmp_path: Path) -> str:
    path = str(tmp_path / "fifo")
    os.mkfifo(path)
    return path


async def hold_in(address: str | None, fifo: str) -> None:
    await (await _pool(address, 1)).run(hold, fifo)


async def begun(fifo: str) -> int:
    """The process id of the worker that runs `hold`, as soon as it does."""
    return int(await told(fifo))


async def test_who_waits_is_served_before_who_comes_again_at_once(make_pool: MakePool) -> None:
    """Else a search would wait until the whole of a long text is embedded."""
    pool, order = await make_pool(1), list[str]()

    async def ask(name: str, times: int) -> None:
        for _ in range(times):
            await pool.run(abs, -1)
            order.append(name)

    await asyncio.gather(ask("text", 5), ask("query", 1))
    assert order == ["text", "query", *["text"] * 4]


async def test_a_task_answers_from_another_process(pool: WorkerPool) -> None:
    assert await pool.run(os.getpid) != os.getpid()


async def test_what_a_task_raises_arrives_whole(pool: WorkerPool) -> None:
    with pytest.raises(EngineError) as caught:
        await pool.run(refuse, "no such model")
    assert caught.value.message == "no such model"
    assert caught.value.hint == "as planned"


async def test_no_more_tasks_run_at_once_than_there_are_slots(pool: WorkerPool) -> None:
    pids = await asyncio.gather(*(pool.run(os.getpid) for _ in range(20)))
    assert len(set(pids)) <= pool.slots
    assert pool.busy() == 0


async def test_a_killed_worker_costs_only_its_own_task(pool: WorkerPool, fifo: str) -> None:
    doomed = asyncio.create_task(pool.run(hold, fifo))
    os.kill(await begun(fifo), signal.SIGKILL)
    others = await asyncio.gather(*(pool.run(abs, -number) for number in range(10)))
    with pytest.raises(EngineCrashed, match="signal 9, SIGKILL"):
        await doomed
    assert others == list(range(10))


async def test_a_killed_worker_is_replaced(pool: WorkerPool, fifo: str) -> None:
    doomed = asyncio.create_task(pool.run(hold, fifo))
    dead = await begun(fifo)
    os.kill(dead, signal.SIGSEGV)
    with pytest.raises(EngineCrashed, match="SIGSEGV"):
        await doomed
    pids = await asyncio.gather(*(pool.run(os.getpid) for _ in range(10)))
    assert dead not in pids


async def test_cancelling_a_running_task_ends_its_process(pool: WorkerPool, fifo: str) -> None:
    task = asyncio.create_task(pool.run(hold, fifo))
    pid = await begun(fifo)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert await ended(pid), "it lives on"
    assert await asyncio.gather(*(pool.run(abs, -1) for _ in range(4))) == [1] * 4


async def test_cancelling_a_waiting_task_leaves_the_others_alone(
    pool: WorkerPool, tmp_path: Path
) -> None:
    pipes = [str(tmp_path / f"pipe{number}") for number in range(pool.slots)]
    for pipe in pipes:
        os.mkfifo(pipe)
    held = [asyncio.create_task(pool.run(hold, pipe)) for pipe in pipes]
    pids = [await begun(pipe) for pipe in pipes]
    waiting = asyncio.create_task(pool.run(os.getpid))
    await asyncio.sleep(0)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    assert all(psutil.pid_exists(pid) for pid in pids)
    assert not any(task.done() for task in held)
    for task in held:
        task.cancel()
    await asyncio.gather(*held, return_exceptions=True)


async def test_past_its_time_a_worker_is_killed_and_the_task_is_told_to_have_hung(
    pool: WorkerPool, fifo: str
) -> None:
    task = asyncio.create_task(pool.run_within(ENOUGH, hold, fifo))
    pid = await begun(fifo)
    with pytest.raises(EngineHung, match="no result within"):
        await task
    assert await ended(pid)
    assert await pool.run(abs, -1) == 1


async def test_a_worker_without_memory_is_told_from_one_that_crashed(pool: WorkerPool) -> None:
    with pytest.raises(EngineOutOfMemory):
        await pool.run(starve)
    assert await pool.run(abs, -1) == 1


async def test_workers_use_one_thread_each(pool: WorkerPool) -> None:
    assert await pool.run(environment, "OMP_NUM_THREADS") == "1"


async def test_native_prints_never_reach_standard_output(
    pool: WorkerPool, capfd: pytest.CaptureFixture[str]
) -> None:
    await pool.run(shout)
    assert "noise" not in capfd.readouterr().out


@pytest.mark.skipif(sys.platform != "linux", reason="parent-death signals are Linux's")
async def test_work_for_a_killed_service_ends(
    address: str | None, tmp_path: Path, fifo: str
) -> None:
    script = tmp_path / "parent.py"
    script.write_text(
        "import asyncio, sys\n"
        "from tests.contracts.test_worker_pool import hold_in\n"
        "if __name__ == '__main__':\n"
        f"    asyncio.run(hold_in({address!r}, {fifo!r}))\n"
    )
    root = Path(__file__).parents[2]
    parent = await asyncio.create_subprocess_exec(
        sys.executable, str(script), env=os.environ | {"PYTHONPATH": str(root)}, cwd=root
    )
    worker = await begun(fifo)
    parent.kill()
    await parent.wait()
    assert await ended(worker)


def released(fifo: str, door: str) -> int:
    """Says its process id into the pipe, and ends when there is something to read at the door."""
    with open(fifo, "w") as pipe:
        pipe.write(f"{os.getpid()}\n")
    Path(door).read_bytes()
    return os.getpid()


async def test_a_refresh_replaces_idle_workers_at_once(pool: WorkerPool) -> None:
    before = {await pool.run(os.getpid) for _ in range(4)}
    pool.refresh()
    for pid in before:
        assert await ended(pid), "its memory is still taken"
    assert not before & {await pool.run(os.getpid) for _ in range(4)}


async def test_a_refresh_lets_a_task_under_way_end_and_then_replaces_its_worker(
    pool: WorkerPool, fifo: str, tmp_path: Path
) -> None:
    door = str(tmp_path / "door")
    os.mkfifo(door)
    task = asyncio.create_task(pool.run(released, fifo, door))
    pid = await begun(fifo)
    pool.refresh()
    pool.refresh()
    assert await asyncio.gather(*(pool.run(abs, -1) for _ in range(4))) == [1] * 4
    await asyncio.to_thread(Path(door).write_bytes, b"go")
    assert await task == pid
    assert pid not in await asyncio.gather(*(pool.run(os.getpid) for _ in range(10)))


async def test_a_refresh_before_the_first_task_changes_nothing(pool: WorkerPool) -> None:
    pool.refresh()
    assert await pool.run(abs, -1) == 1


async def test_a_worker_that_nobody_needs_gives_its_memory_back_until_somebody_does() -> None:
    pool = ProcessPool(1, idle_after=0.1)
    try:
        first = await pool.run(os.getpid)
        for process in multiprocessing.active_children():
            if process.pid == first:
                assert await asyncio.to_thread(wait, [process.sentinel], 30)
        assert await pool.run(os.getpid) != first
    finally:
        await pool.aclose()


async def test_a_worker_that_is_at_work_is_not_taken_for_one_that_nobody_needs(fifo: str) -> None:
    pool = ProcessPool(1, idle_after=0.1)
    try:
        await pool.run(os.getpid)
        task = asyncio.create_task(pool.run(hold, fifo))
        pid = await begun(fifo)
        [worker] = [each for each in multiprocessing.active_children() if each.pid == pid]
        assert not await asyncio.to_thread(wait, [worker.sentinel], 0.5)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
    finally:
        await pool.aclose()
