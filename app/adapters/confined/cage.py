"""Decoders in processes of their own, between all walls that this machine can build."""

import asyncio
import os
import signal
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from pathlib import Path

from loguru import logger

from app.adapters.confined.limits import Limits
from app.domain.confinement import Bounds, Streams
from app.domain.processes import process_of
from app.domain.system_errors import refused

CHILD = Path(__file__).with_name("child.py")
#: Kept from the service's environment: what a Python may need to start, and whose child it is.
#: A program behind walls gets only the last of them.
ENVIRONMENT = ("PATH", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "SPOOL_SERVICE")
SCRIPT = b"#!"


class Cage:
    """Implements `ports.Confinement`."""

    def __init__(self) -> None:
        self._warned = False

    @asynccontextmanager
    async def program(
        self, command: Sequence[str], streams: Streams, bounds: Bounds
    ) -> AsyncIterator[Process]:
        """A script runs others, which walls are there to forbid: it has limits only."""
        walled = not _is_script(command[0])
        if not walled and not self._warned:
            self._warned = True
            logger.warning("{} is a script: there are no walls around what it runs", command[0])
        kind = "walled" if walled else "bare"
        async with _running(streams, "program", _limits(bounds), kind, *command) as process:
            yield process

    @asynccontextmanager
    async def module(
        self, name: str, arguments: Sequence[str], streams: Streams, bounds: Bounds
    ) -> AsyncIterator[Process]:
        paths = os.pathsep.join(filter(None, sys.path))
        told = (_limits(bounds), paths, name, *arguments)
        async with _running(streams, "module", *told) as process:
            yield process

    def spent(self, process: Process) -> float:
        """Of all its threads (Linux). Not by its clock: where a test shifts the clocks of a
        service, that one is shifted, too."""
        return process_of(process.pid).worked

    async def missing(self) -> list[str]:
        """Walls that cannot be built here, in words; tries each."""
        async with _running(Streams(source=DEVNULL), "walls") as process:
            said, trouble = await process.communicate()
        if process.returncode:
            return [f"all of them ({trouble.decode(errors='replace').strip()[-200:]})"]
        return [line for line in said.decode(errors="replace").split("\n") if line]

    async def warn(self) -> None:
        """Once, and loudly: what is missing is a matter of the machine."""
        if missing := await self.missing():
            logger.warning("media are decoded without {}: see spool doctor", ", ".join(missing))


@asynccontextmanager
async def _running(streams: Streams, *told: str) -> AsyncIterator[Process]:
    process = await _started(streams, *told)
    try:
        yield process
    finally:
        await _end(process)


async def _started(streams: Streams, *told: str) -> Process:
    try:
        return await asyncio.create_subprocess_exec(
            *(sys.executable, "-I", "-S", str(CHILD), *told),
            stdin=streams.source,
            stdout=streams.output,
            stderr=PIPE,
            pass_fds=streams.others,
            env=_environment(),
            start_new_session=True,
        )
    except OSError as error:
        raise refused(error, "no process can be started for the medium") from error


def _limits(bounds: Bounds) -> str:
    limits = Limits(
        os.getpid(), bounds.file_bytes, bounds.cpu_seconds, bounds.memory_bytes, bounds.niceness
    )
    return str(limits)


def _environment() -> dict[str, str]:
    return {name: os.environ[name] for name in ENVIRONMENT if name in os.environ}


def _is_script(executable: str) -> bool:
    with suppress(OSError), open(executable, "rb") as file:
        return file.read(len(SCRIPT)) == SCRIPT
    return False


async def _end(process: Process) -> None:
    """The whole group, by SIGKILL: a blocked ffmpeg ignores SIGTERM.

    What it said last is read, and forgotten: asyncio waits for the end of its pipes, too, and
    does not see that of one that is full.
    """
    if process.returncode is not None:
        return
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    await asyncio.shield(process.communicate())
