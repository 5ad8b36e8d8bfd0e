"""Confinement over the cage: what is inside of it, with all walls and with those that are left."""

import asyncio
import errno
import os
import resource
import signal
import socket
import subprocess
import sys
from asyncio.subprocess import PIPE
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path

import psutil
import pytest

from app.adapters.confined import cage as cages
from app.adapters.confined import namespaces
from app.adapters.confined.cage import Cage
from app.domain.confinement import Bounds, Streams
from app.domain.errors import Exhausted
from tests import caged
from tests.faketime import shifted

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="Linux has walls")

BOUNDS = Bounds(file_bytes=1 << 20, cpu_seconds=60)


@pytest.fixture
def source(tmp_path: Path) -> Iterator[int]:
    (tmp_path / "medium").write_bytes(b"what a stranger sent")
    with (tmp_path / "medium").open("rb") as medium:
        yield medium.fileno()


@pytest.fixture
def port() -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield listening.getsockname()[1]


@pytest.fixture
def without(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, request: pytest.FixtureRequest) -> str:
    """The walls that this machine is said not to have."""
    name: str = request.param
    monkeypatch.setattr(cages, "CHILD", caged.child_without(name, tmp_path))
    return name


async def missing(cage: Cage, *names: str) -> None:
    """Skips where this machine cannot have what is tested."""
    lacking = [each for each in await cage.missing() if each.startswith(names)]
    if lacking:
        pytest.skip(f"this machine lacks {', '.join(lacking)}")


async def said(command: Sequence[str], source: int, bounds: Bounds = BOUNDS) -> tuple[int, str]:
    """Of a program in the cage: how it ended, and what it said."""
    async with Cage().program(command, Streams(source=source, output=PIPE), bounds) as process:
        out, _ = await process.communicate()
    return process.returncode or 0, out.decode()


async def tried(source: int, port: int, canary: Path, *only: str) -> set[str]:
    arguments = (str(port), str(canary), str(os.getpid()), *only)
    streams = Streams(source=source, output=PIPE)
    async with Cage().module("tests.contracts.intruder", arguments, streams, BOUNDS) as process:
        out, err = await process.communicate()
    found = set(out.decode().split("\n")) - {""}
    assert "tried" in found, err.decode()
    return found - {"tried"}


@pytest.mark.parametrize("without", ["nothing", "namespaces"], indirect=True)
async def test_what_decodes_opens_no_door(
    without: str, source: int, port: int, tmp_path: Path
) -> None:
    await missing(Cage(), "Landlock", "seccomp")
    (tmp_path / "canary").write_text("a secret")
    assert await tried(source, port, tmp_path / "canary") == set()
    assert (tmp_path / "canary").read_text() == "a secret"


@pytest.mark.parametrize("without", ["Landlock", "seccomp"], indirect=True)
async def test_each_wall_stands_by_itself(
    without: str, source: int, port: int, tmp_path: Path
) -> None:
    """Of the kernel's two, either keeps it from the files and from the service."""
    await missing(Cage(), {"Landlock": "seccomp", "seccomp": "Landlock"}[without])
    (tmp_path / "canary").write_text("a secret")
    opened = await tried(source, port, tmp_path / "canary")
    assert opened & {"reads a file", "writes a file", "reads the service's memory"} == set()
    assert opened & {"connects", "kills the service"} == set()
    if without == "Landlock":  # of which only a later one has a say in this
        assert "has the kernel send the service a signal" not in opened


@pytest.mark.parametrize("without", ["all"], indirect=True)
async def test_where_there_are_no_walls_what_decodes_works_all_the_same(
    without: str, source: int, port: int, tmp_path: Path
) -> None:
    """And the intruder is one: the doors that it tries can be opened."""
    (tmp_path / "canary").write_text("a secret")
    doors = (
        *("reads a file", "writes a file", "connects", "kills the service", "starts a process"),
        "has the kernel send the service a signal",
    )
    assert await tried(source, port, tmp_path / "canary", *doors) == set(doors)
    assert len(await Cage().missing()) == 3


@pytest.mark.parametrize("without", ["nothing", "namespaces"], indirect=True)
async def test_a_program_opens_no_door_either(
    without: str, source: int, port: int, tmp_path: Path
) -> None:
    await missing(Cage(), "Landlock", "seccomp")
    (tmp_path / "canary").write_text("secret\n")
    for door in (
        f"read line <{tmp_path}/canary && echo $line",
        f"read line </proc/{os.getpid()}/environ; echo $?$line | grep -v '^[12]'",
        f"echo >{tmp_path}/new && echo wrote",
        "(echo started)",
        "exec /bin/echo ran",
        f"kill -0 {os.getpid()} && echo killed",
        "ulimit -f unlimited && echo lifted",
        f"exec 3<>/dev/tcp/127.0.0.1/{port} && echo connected",
    ):
        _, out = await said(["/bin/bash", "-c", f"echo tried; {door}"], source)
        assert out == "tried\n", door
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize("without", ["Landlock"], indirect=True)
async def test_a_program_writes_no_file_where_only_seccomp_stands(
    without: str, source: int, tmp_path: Path
) -> None:
    """It may read those of the service's user: libraries are files."""
    await missing(Cage(), "seccomp")
    old = tmp_path / "medium"
    for written in (f">{tmp_path}/new", f">{old}", f">>{old}", f"1<>{old}"):
        _, out = await said(
            ["/bin/bash", "-c", f"echo tried; echo x {written}; cat <{old}"], source
        )
        assert out.startswith("tried\n")
    assert not (tmp_path / "new").exists() and old.read_text() == "what a stranger sent"


@pytest.mark.parametrize("without", ["all"], indirect=True)
async def test_a_program_of_root_has_no_rights_of_roots_where_no_wall_stands(
    without: str, source: int
) -> None:
    """The system gives them to whatever root runs, unless it is told not to."""
    await missing(Cage(), "giving up")
    _, out = await said(["/bin/grep", "CapEff", "/proc/self/status"], source)
    assert int(out.split()[1], 16) == 0


async def test_a_machine_with_nothing_left_to_give_is_not_the_mediums_fault(source: int) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    last = os.dup(source)
    resource.setrlimit(resource.RLIMIT_NOFILE, (last + 1, hard))
    try:
        with pytest.raises(Exhausted):
            await said(["/bin/true"], source)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
        os.close(last)


async def test_a_module_that_cannot_be_imported_says_so(source: int) -> None:
    async with Cage().module("nowhere.x", (), Streams(source=source), BOUNDS) as process:
        _, err = await process.communicate()
    assert (process.returncode, err) == (127, b"[fatal] nowhere.x: No module named 'nowhere'\n")


async def test_it_reads_what_it_was_handed_and_says_what_it_found(source: int) -> None:
    assert await said(["/bin/cat"], source) == (0, "what a stranger sent")


async def test_its_environment_tells_whose_it_is_and_no_more(
    source: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    await missing(Cage(), "seccomp")
    monkeypatch.setenv("OPENAI_API_KEY", "sk-secret")
    monkeypatch.setenv("SPOOL_SERVICE", "0123")
    _, out = await said(["/usr/bin/env"], source)
    assert out == "SPOOL_SERVICE=0123\n"


async def test_no_other_descriptor_comes_along(source: int, tmp_path: Path) -> None:
    other = os.open(tmp_path / "medium", os.O_RDONLY)
    os.set_inheritable(other, True)
    _, out = await said(["/bin/bash", "-c", f"read -N 4 x <&{other} && echo $x"], source)
    os.close(other)
    assert out == ""


async def test_what_writes_too_much_or_works_too_long_is_stopped_by_the_kernel(
    source: int, tmp_path: Path
) -> None:
    with (tmp_path / "out").open("wb") as out:
        streams = Streams(source=source, output=out.fileno())
        bounds = Bounds(file_bytes=4096, cpu_seconds=60)
        shouting = ["/bin/sh", "-c", "while :; do echo xxxxxxxxxxxxxxx; done"]
        async with Cage().program(shouting, streams, bounds) as process:
            await asyncio.gather(process.wait(), _drained(process.stderr))
    assert process.returncode == -signal.SIGXFSZ
    assert (tmp_path / "out").stat().st_size == 4096
    busy = Bounds(file_bytes=0, cpu_seconds=1)
    assert (await said(["/bin/sh", "-c", "while :; do :; done"], source, busy))[0] == -24


async def _drained(stream: asyncio.StreamReader | None) -> None:
    assert stream is not None
    await stream.read()


async def test_its_work_is_counted() -> None:
    counts = "i=0; while [ $i -lt 100000 ]; do i=$((i+1)); done; echo counted; read -r x"
    reader, writer = os.pipe()  # it waits there
    cage, streams = Cage(), Streams(source=reader, output=PIPE)
    async with cage.program(["/bin/sh", "-c", counts], streams, BOUNDS) as process:
        assert process.stdout is not None and cage.spent(process) < 0.5
        await process.stdout.readline()
        assert 0.01 < cage.spent(process) < 30
    os.close(reader)
    os.close(writer)


def test_clocks_that_are_shifted_count_no_work_that_nobody_did() -> None:
    """libfaketime shifts those of other processes, too: decoders had worked for thirty days."""
    asked = (
        "import os; from types import SimpleNamespace as Process;"
        "from app.adapters.confined.cage import Cage; print(Cage().spent(Process(pid=os.getpid())))"
    )
    told = subprocess.check_output([sys.executable, "-c", asked], env=os.environ | shifted("+30d"))
    assert 0.01 < float(told) < 60


async def test_whoever_leaves_the_block_leaves_nobody_behind(source: int) -> None:
    with suppress(RuntimeError):
        async with Cage().program(["/bin/sleep", "600"], Streams(source=source), BOUNDS) as process:
            raise RuntimeError
    assert process.returncode == -signal.SIGKILL


async def test_one_whose_words_nobody_reads_is_ended_all_the_same(source: int) -> None:
    """A pipe that is full hid its end from us, and we waited for it for ever."""
    line = "x" * 1023
    # As many as are taken in before nothing is read any more, and as fit into the pipe.
    shouting = f"i=0; while :; do i=$((i+1)); [ $i = 192 ] && echo full >&2; echo {line}; done"
    streams = Streams(source=source, output=PIPE)
    async with Cage().program(["/bin/sh", "-c", shouting], streams, BOUNDS) as process:
        assert process.stderr is not None
        assert await process.stderr.readline() == b"full\n"
    assert process.returncode == -signal.SIGKILL


def test_it_dies_with_the_service(tmp_path: Path) -> None:
    """Walls change whose child it is in the eyes of the kernel: that must not undo the tie."""
    service = (
        "import asyncio, sys; from app.adapters.confined.cage import Cage\n"
        "from app.domain.confinement import Bounds, Streams\n"
        "async def run():\n"
        "    bounds = Bounds(file_bytes=0, cpu_seconds=60)\n"
        "    import os; reader, writer = os.pipe()\n"
        "    command = ['/bin/sh', '-c', 'echo $$; read line']\n"
        "    streams = Streams(source=reader, output=1)\n"
        "    async with Cage().program(command, streams, bounds) as process:\n"
        "        await process.wait()\n"
        "asyncio.run(run())\n"
    )
    command = [sys.executable, "-c", service]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stdin=subprocess.DEVNULL) as process:
        assert process.stdout is not None
        inside = psutil.Process(int(process.stdout.readline()))
        process.send_signal(signal.SIGKILL)
    with suppress(psutil.NoSuchProcess):
        inside.wait(timeout=10)
    assert not inside.is_running() or inside.status() == psutil.STATUS_ZOMBIE


async def test_a_program_that_is_not_there_says_so(source: int) -> None:
    async with Cage().program(["/nowhere/x"], Streams(source=source), BOUNDS) as process:
        _, err = await process.communicate()
    assert (process.returncode, err) == (127, b"[fatal] /nowhere/x: No such file or directory\n")


async def test_what_is_missing_is_told(
    monkeypatch: pytest.MonkeyPatch, warnings_told: list[str]
) -> None:
    async def lacking(cage: Cage) -> list[str]:
        return ["Landlock (not here)"]

    monkeypatch.setattr(Cage, "missing", lacking)
    await Cage().warn()
    [line] = warnings_told
    assert "without Landlock (not here)" in line and "spool doctor" in line


def test_a_machine_that_allows_no_namespaces_is_not_said_to_have_a_full_disk(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def refused(name: str, *_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(namespaces, "call", refused)
    with pytest.raises(OSError, match="max_user_namespaces"):
        namespaces.leave()


async def test_a_script_in_place_of_a_program_has_no_walls_and_that_is_told(
    source: int, tmp_path: Path, warnings_told: list[str]
) -> None:
    script = tmp_path / "script"
    script.write_text("#!/bin/sh\nexec /bin/echo ran\n")
    script.chmod(0o755)
    cage = Cage()
    for _ in range(2):
        streams = Streams(source=source, output=PIPE)
        async with cage.program([str(script)], streams, BOUNDS) as process:
            assert (await process.communicate())[0] == b"ran\n"
    [line] = warnings_told
    assert "no walls" in line
