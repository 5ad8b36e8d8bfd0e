"""Sound out of any container, by ffmpeg in a process of its own."""

import asyncio
import os
import signal
from asyncio.subprocess import Process
from pathlib import Path

from app.adapters.ffmpeg.contained import (
    POLL,
    find_executable,
    killed_by,
    read_so_far,
    reading,
    too_much_work,
)
from app.adapters.ffmpeg.talk import Talk
from app.adapters.ffmpeg.tracks import sound_seconds
from app.domain.allowance import most_seconds, most_work
from app.domain.confinement import CANNOT_RUN, Bounds, Streams
from app.domain.errors import ConfigError, MediaTooLong, MediaUnreadable, StorageFull
from app.domain.media import BYTES_PER_SECOND, SAMPLE_BYTES, SAMPLE_RATE, Audio
from app.domain.opening import emptied, opened
from app.ports import Confinement, Growth

#: `async` fills gaps and `first_pts` a late start with silence, so that times stay those of
#: the medium. Floats that are no numbers are not counted: only `astats` does, which takes longer
#: than all the rest, and of every medium, for nobody knows what is in it when the line is drawn.
FILTER = "aresample=async=1:first_pts=0"
SALVAGE = SAMPLE_RATE // 2  # samples that make a failed decoding still worth having
#: CPU seconds that a second of sound may take.
WORK = 0.1


class FfmpegExtractor:
    """The last resort of extraction: takes whatever it is given."""

    name = "ffmpeg"

    def __init__(
        self,
        max_seconds: float,
        executable: str | None = None,
        *,
        confinement: Confinement,
        stall_seconds: float = 30.0,
    ) -> None:
        """`executable`: None takes the one of imageio-ffmpeg. A run that neither reads nor writes
        for `stall_seconds` is killed."""
        self._max_seconds = max_seconds
        self._executable = executable
        self._confinement = confinement
        self._stall_seconds = stall_seconds

    def accepts(self, source: Path) -> bool:
        return True

    async def extract(self, source: Path, target: Path, growth: Growth) -> Audio:
        if self._executable is None:
            self._executable = await asyncio.to_thread(find_executable)
        with opened(source) as medium, emptied(target) as out:
            decoding = Decoding(medium, out, target, self._max_seconds, growth)
            return await decoding.run(self._executable, self._confinement, self._stall_seconds)


class Decoding:
    """One run over one medium."""

    def __init__(
        self, medium: int, out: int, target: Path, max_seconds: float, growth: Growth
    ) -> None:
        """`medium` and `out` are descriptors; `target` is what `out` is called."""
        self._medium, self._out, self._target = medium, out, target
        self._growth = growth
        self._bytes = os.fstat(medium).st_size
        self._most = most_seconds(self._bytes, max_seconds)
        self._max_seconds = max_seconds
        self._talk = Talk()
        self._of_sound: float | None = None

    async def run(self, executable: str, confinement: Confinement, stall: float) -> Audio:
        streams = Streams(source=self._medium, output=self._out)
        command = _command(executable, self._max_bytes)
        # Of a large file on a slow disk its boxes lie far apart.
        self._of_sound = await asyncio.to_thread(sound_seconds, self._medium)
        try:
            async with (
                confinement.program(command, streams, self._bounds) as process,
                asyncio.TaskGroup() as tasks,
            ):
                tasks.create_task(self._talk.listen(process))
                await self._watch(process, confinement, stall)
        except ExceptionGroup as errors:
            raise errors.exceptions[0] from None
        return self._judge(process.returncode or 0)

    @property
    def _bounds(self) -> Bounds:
        return Bounds(
            file_bytes=self._max_bytes + BYTES_PER_SECOND,
            cpu_seconds=1 + int(most_work(self._bytes, WORK * self._most)),
        )

    @property
    def _max_bytes(self) -> int:
        """One second over the limit, so that too long can be told from just long enough."""
        return int((self._most + 1) * SAMPLE_RATE) * SAMPLE_BYTES

    async def _watch(self, process: Process, confinement: Confinement, stall: float) -> None:
        """Until the process ends. Raises MediaUnreadable when that is not worth the wait."""
        clock = asyncio.get_running_loop().time
        seen, moved, told = (0, 0), clock(), 0
        while not await _ended(process, POLL):
            if (now := (self._size, read_so_far(self._medium))) != seen:
                seen, moved = now, clock()
            elif clock() - moved > stall:
                raise MediaUnreadable(f"ffmpeg made no progress for {stall:g} s")
            if now[0] != told:
                told = now[0]
                self._growth(self._audio(told))
            self._require_worth(confinement.spent(process), told)

    def _require_worth(self, spent: float, size: int) -> None:
        if spent > most_work(self._bytes, WORK * size / BYTES_PER_SECOND):
            raise too_much_work(spent, self._bytes)

    def _judge(self, status: int) -> Audio:
        """Exit status 0 does not mean whole, and another one does not mean useless."""
        audio, talk = self._audio(self._size), self._talk
        if status == CANNOT_RUN:
            raise ConfigError(f"ffmpeg cannot be run: {talk.reason}", hint="run: spool doctor")
        if talk.disk_full:
            raise StorageFull("no space left for the decoded sound")
        if audio.seconds > self._most or status == -signal.SIGXFSZ:
            raise self._too_long()
        if status < 0:
            raise killed_by(-status)
        if audio.samples == 0 or (status != 0 and audio.samples < SALVAGE):
            raise talk.verdict()
        return audio

    def _too_long(self) -> MediaTooLong:
        if self._most < self._max_seconds:
            return MediaTooLong(f"{self._bytes} bytes that want to be over {self._most:.0f} s long")
        return MediaTooLong(f"longer than {self._most:g} s")

    def _audio(self, size: int) -> Audio:
        return Audio(
            path=self._target,
            samples=size // SAMPLE_BYTES,
            declared_seconds=self._declared,
            breaks_off=self._talk.breaks_off,
        )

    @property
    def _declared(self) -> float | None:
        """Of the sound, where that is told: a video that goes on without it is whole."""
        return min(filter(None, (self._talk.declared, self._of_sound)), default=None)

    @property
    def _size(self) -> int:
        return os.fstat(self._out).st_size


async def _ended(process: Process, patience: float) -> bool:
    try:
        async with asyncio.timeout(patience):
            await process.wait()
    except TimeoutError:
        return False
    return True


def _command(executable: str, max_bytes: int) -> list[str]:
    seconds = max_bytes / BYTES_PER_SECOND
    return [
        *reading(executable, "-vn", "-sn", "-dn"),
        *("-map", "0:a:0", "-map_metadata", "-1"),
        *("-af", FILTER, "-ac", "1", "-ar", str(SAMPLE_RATE), "-c:a", "pcm_s16le"),
        *("-t", f"{seconds:.3f}", "-fs", str(max_bytes), "-f", "s16le", "fd:"),
    ]
