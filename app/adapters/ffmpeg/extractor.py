"""Sound out of any container, by ffmpeg in a process of its own."""

import asyncio
import signal
from asyncio.subprocess import Process
from pathlib import Path

from app.adapters.ffmpeg.contained import (
    CANNOT_RUN,
    end,
    find_executable,
    kill,
    killed_by,
    reading,
    require_content,
    start,
)
from app.adapters.ffmpeg.talk import Talk
from app.domain.errors import ConfigError, MediaTooLong, MediaUnreadable, StorageFull
from app.domain.media import BYTES_PER_SECOND, SAMPLE_BYTES, SAMPLE_RATE, Audio
from app.domain.system_errors import refused
from app.ports import Growth

#: `async` fills gaps and `first_pts` a late start with silence, so that times stay those of
#: the medium.
FILTER = "aresample=async=1:first_pts=0"
POLL = 0.25  # seconds between two looks at the growing file
SALVAGE = SAMPLE_RATE // 2  # samples that make a failed decoding still worth having


class FfmpegExtractor:
    """The last resort of extraction: takes whatever it is given."""

    name = "ffmpeg"

    def __init__(
        self, max_seconds: float, executable: str | None = None, *, stall_seconds: float = 60.0
    ) -> None:
        """`executable`: None takes the one of imageio-ffmpeg. A run that writes nothing for
        `stall_seconds` is killed."""
        self._max_seconds = max_seconds
        self._executable = executable
        self._stall_seconds = stall_seconds

    def accepts(self, source: Path) -> bool:
        return True

    async def extract(self, source: Path, target: Path, growth: Growth) -> Audio:
        require_content(source)
        _empty(target)
        if self._executable is None:
            self._executable = await asyncio.to_thread(find_executable)
        talk = Talk(hidden=(str(source), str(target)))
        process = await self._start(self._executable, source, target)
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(talk.listen(process))
                alive = await self._watch(process, target, talk, growth)
        except ExceptionGroup as errors:
            raise errors.exceptions[0] from None
        finally:
            await end(process)
        if not alive:
            raise MediaUnreadable(f"ffmpeg made no progress for {self._stall_seconds:g} s")
        return self._judge(process.returncode or 0, target, talk)

    async def _start(self, executable: str, source: Path, target: Path) -> Process:
        return await start(
            _command(executable, source, target, self._max_bytes),
            file_bytes=self._max_bytes + BYTES_PER_SECOND,
            cpu_seconds=int(60 + self._max_seconds),
        )

    async def _watch(self, process: Process, target: Path, talk: Talk, growth: Growth) -> bool:
        """Until the process ends (True) or has written nothing for too long (False)."""
        clock = asyncio.get_running_loop().time
        size, grown = 0, clock()
        ending = asyncio.ensure_future(process.wait())
        while not (await asyncio.wait({ending}, timeout=POLL))[0]:
            if (now := _size(target)) != size:
                size, grown = now, clock()
                growth(_audio(target, size, talk))
            elif clock() - grown > self._stall_seconds:
                kill(process)
                await ending
                return False
        return True

    def _judge(self, status: int, target: Path, talk: Talk) -> Audio:
        """Exit status 0 does not mean whole, and another one does not mean useless."""
        audio = _audio(target, _size(target), talk)
        if status == CANNOT_RUN:
            raise ConfigError(f"ffmpeg cannot be run: {talk.reason}", hint="run: spool doctor")
        if talk.disk_full:
            raise StorageFull("no space left for the decoded sound")
        if audio.seconds > self._max_seconds or status == -signal.SIGXFSZ:
            raise MediaTooLong(f"longer than {self._max_seconds:g} s")
        if status < 0:
            raise killed_by(-status)
        if audio.samples == 0 or (status != 0 and audio.samples < SALVAGE):
            raise talk.verdict()
        return audio

    @property
    def _max_bytes(self) -> int:
        """One second over the limit, so that too long can be told from just long enough."""
        return int((self._max_seconds + 1) * SAMPLE_RATE) * SAMPLE_BYTES


def _command(executable: str, source: Path, target: Path, max_bytes: int) -> list[str]:
    seconds = max_bytes / BYTES_PER_SECOND
    return [
        *reading(executable, source, "-vn", "-sn", "-dn"),
        *("-map", "0:a:0", "-map_metadata", "-1"),
        *("-af", FILTER, "-ac", "1", "-ar", str(SAMPLE_RATE), "-c:a", "pcm_s16le"),
        *("-t", f"{seconds:.3f}", "-fs", str(max_bytes), "-f", "s16le"),
        *("-y", f"file:{target.absolute()}"),
    ]


def _empty(target: Path) -> None:
    """What another extractor left there must not pass for what ffmpeg decoded."""
    try:
        target.open("wb").close()
    except OSError as error:
        raise refused(error, "the sound cannot be stored") from error


def _audio(target: Path, size: int, talk: Talk) -> Audio:
    return Audio(path=target, samples=size // SAMPLE_BYTES, declared_seconds=talk.declared)


def _size(target: Path) -> int:
    try:
        return target.stat().st_size
    except FileNotFoundError:  # the job was deleted meanwhile
        return 0
