"""One ffmpeg at work on the pictures of one video."""

import asyncio
import os
from asyncio.subprocess import PIPE, Process
from collections.abc import Sequence

from app.adapters.ffmpeg.contained import POLL, read_so_far, too_much_work
from app.adapters.ffmpeg.frame_talk import FrameTalk
from app.domain.allowance import most_work
from app.domain.confinement import Bounds, Streams
from app.domain.errors import MediaUnreadable
from app.ports import Confinement, Progress

MAX_BYTES = 2 * 1024**3  # of all JPEGs of a video
#: Whoever transcribes goes first.
NICENESS = 10
#: Of the pictures that show how far it is: one a second.
TICK_BYTES = 4
#: CPU seconds that a second of the video may take.
WORK = 2.0


class FrameRun:
    """Of several one after the other: each begins at the first byte."""

    def __init__(
        self, confinement: Confinement, medium: int, max_seconds: float, stall_seconds: float
    ) -> None:
        """`medium`: a descriptor. Who neither reads on nor sees a further second for
        `stall_seconds` is killed."""
        self._confinement = confinement
        self._medium, self._bytes = medium, os.fstat(medium).st_size
        self._max_seconds, self._stall = max_seconds, stall_seconds

    async def run(
        self,
        command: Sequence[str],
        talk: FrameTalk,
        outs: tuple[int, ...] = (),
        progress: Progress = lambda _: None,
        seconds: float = 0.0,
    ) -> FrameTalk:
        """`outs`: descriptors that it writes to; `seconds`: of the video, 0 if nobody knows."""
        os.lseek(self._medium, 0, os.SEEK_SET)
        streams = Streams(source=self._medium, output=PIPE, others=outs)
        try:
            async with (
                self._confinement.program(command, streams, self._bounds) as process,
                asyncio.TaskGroup() as tasks,
            ):
                tasks.create_task(talk.listen(process))
                await self._follow(process, progress, seconds)
                talk.status = await process.wait()
        except ExceptionGroup as errors:
            raise errors.exceptions[0] from None
        return talk

    @property
    def _bounds(self) -> Bounds:
        return Bounds(
            file_bytes=MAX_BYTES,
            cpu_seconds=1 + int(most_work(self._bytes, WORK * self._max_seconds)),
            niceness=NICENESS,
        )

    async def _follow(self, process: Process, progress: Progress, seconds: float) -> None:
        """Until it ends. Raises MediaUnreadable when that is not worth the wait."""
        clock = asyncio.get_running_loop().time
        ticked, seen, moved = 0, (0, 0), clock()
        while (ticks := await _ticks(process)) is not None:
            ticked += ticks
            if ticks and seconds:
                progress(min(ticked / seconds, 1.0))
            if (now := (ticked, read_so_far(self._medium))) != seen:
                seen, moved = now, clock()
            elif clock() - moved > self._stall:
                raise MediaUnreadable(f"ffmpeg made no progress for {self._stall:g} s")
            self._require_worth(process, ticked)

    def _require_worth(self, process: Process, ticked: int) -> None:
        spent = self._confinement.spent(process)
        if spent > most_work(self._bytes, WORK * ticked):
            raise too_much_work(spent, self._bytes)


async def _ticks(process: Process) -> int | None:
    """Seconds of the video that were seen since the last look; None when there is no more to see,
    and the process is gone."""
    assert process.stdout is not None
    try:
        async with asyncio.timeout(POLL):
            if process.stdout.at_eof():
                await process.wait()
                return None
            return len(await process.stdout.read(1024)) // TICK_BYTES
    except TimeoutError:
        return 0
